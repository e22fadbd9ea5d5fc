import { existsSync } from 'node:fs';
import { execaSync } from 'execa';
import { expect, test } from 'vitest';
import { makeHooks } from '../../core/lifecycle/runtime/hooks.ts';
import type { Architecture, Host } from '../../core/plugin.ts';
import { recordingLog } from '../../core/testing/log.ts';
import { player } from './generated/player.ts';
import arch from './index.ts';
import { numbers } from './numbers.ts';

const hasCompiler = process.arch === 'x64' && existsSync('/usr/bin/gcc');

async function architectureOf(machine: string): Promise<Architecture | undefined> {
  const log = recordingLog();
  const hooks = makeHooks(log);
  arch.apply({ hooks, log } as unknown as Host);
  return hooks.architecture.promise(machine);
}

test('it answers for x64 and for nothing else', async () => {
  expect(await architectureOf('x64')).toMatchObject({ name: 'amd64', player });
  expect(await architectureOf('arm64')).toBeUndefined();
});

test('the image lies above the memory of any guest and below the stack, on a page', async () => {
  const { launcherBase, userSpaceEnd, player } = (await architectureOf('x64')) as Architecture;
  expect([launcherBase % 4096, userSpaceEnd % 4096, player.length % 64]).toEqual([0, 0, 0]);
  expect(launcherBase).toBeLessThan(userSpaceEnd);
});

test.skipIf(!hasCompiler)('the numbers of system calls are those of the kernel headers (needs gcc)', () => {
  const { stdout } = execaSync('gcc', ['-E', '-dM', '-x', 'c', '-include', 'asm/unistd_64.h', '/dev/null']);
  const known = new Map([...stdout.matchAll(/^#define __NR_(\w+) (\d+)$/gm)].map(([, name, number]) => [name, Number(number)]));
  expect(known.size).toBeGreaterThan(300);
  for (const [name, number] of Object.entries(numbers)) expect([name, known.get(name)]).toEqual([name, number]);
});
