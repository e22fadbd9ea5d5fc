/** Memory limits: what a guest is told it may have, what it can have, and what happens when the limit sinks beneath it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { containers } from './containers.ts';
import { hierarchies, removeCgroups } from './engine/cgroups.ts';
import { lifecycleChecks } from './lifecycle-checks.ts';

const place = containers();
const { run, must, start } = place;
const exceedsMemory = lifecycleChecks(place).exceedsMemory();
const MiB = 2 ** 20;

/** `memory: BYTES`, as big-memory says it. */
const told = (stdout: string) => Number(/^memory: (\d+)$/m.exec(stdout)?.[1]);

test.each([6, 16, 64, 700])('-m %sm: the guest is told less, and can use all of it', async (limit) => {
  const { stdout, stderr, status } = await run(['/big-memory'], [`--memory=${limit}m`]);
  expect({ stderr, status, stdout }).toEqual({ stderr: '', status: 0, stdout: expect.stringMatching(/done\n$/) });
  expect(told(stdout)).toBeLessThan(limit * MiB);
  expect(told(stdout)).toBeGreaterThan(limit * MiB * 0.85);
});

test('without a limit it is told 512 MiB', async () => {
  expect(told((await run(['/big-memory', '0', '1'])).stdout)).toBe(512 * MiB);
});

test('a limit above the container counts, too', async () => {
  const name = `${path.basename(inject('engine').folder)}-small`;
  const parent = limitedCgroup(name, 8 * MiB);
  onTestFinished(() => removeCgroups(name));
  const { stdout, stderr, status } = await run(['/big-memory'], [`--cgroup-parent=/${parent}`]);
  expect({ stderr, status, stdout }).toEqual({ stderr: '', status: 0, stdout: expect.stringMatching(/done\n$/) });
  expect(told(stdout)).toBeLessThan(8 * MiB);
});

test('update --memory sets the new limit', async () => {
  const id = await start(['/sleep'], ['--memory=64m']);
  await must('update', '--memory=32m', '--memory-swap=32m', '--cpu-shares=512', id);
  expect(limitOf(id)).toBe(32 * MiB);
  const { MemUsage } = JSON.parse(await must('stats', '--no-stream', '--format', '{{json .}}', id));
  expect(MemUsage).toContain('/ 32MiB');
});

test('a guest that exceeds its memory ends with 137, and Docker knows why', exceedsMemory);

/** The file with a cgroup's memory limit: of version 1 or 2. */
function limitFile(cgroup: string): string {
  const v1 = hierarchies().find((hierarchy) => path.basename(hierarchy) === 'memory');
  return v1 ? path.join(v1, cgroup, 'memory.limit_in_bytes') : path.join('/sys/fs/cgroup', cgroup, 'memory.max');
}

function limitOf(id: string): number {
  return Number(readFileSync(limitFile(path.join(inject('engine').cgroupParent, id)), 'utf8'));
}

function limitedCgroup(name: string, limit: number): string {
  const file = limitFile(name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, String(limit));
  return name;
}
