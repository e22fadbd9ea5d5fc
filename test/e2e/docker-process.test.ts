/** The guest's process as the kernel shows it: small, alone, without privileges, files and a root. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { containers } from './containers.ts';
import { readProc } from './engine/processes.ts';

const { start, says, pidOf } = containers();

/** A sleeping guest for each test. */
let pid: number;
beforeEach(async () => {
  const id = await start(['/sleep'], ['--hostname=of-the-guest', '--network=bridge']);
  await says(id, 'sleeping');
  pid = await pidOf(id);
});

let mine: Record<string, string>;
beforeAll(() => {
  mine = namespaces('self');
});

function namespaces(process: string | number): Record<string, string> {
  return Object.fromEntries(
    readdirSync(`/proc/${process}/ns`).map((name) => [name, readlinkSync(`/proc/${process}/ns/${name}`)]),
  );
}

test('it has one thread, no capabilities, no new privileges, and filters', () => {
  const status = Object.fromEntries(
    [...readProc(pid, 'status').matchAll(/^(\w+):\s+(.*)$/gm)].map(([, key, value]) => [key, value]),
  );
  const none = '0000000000000000';
  expect(status).toMatchObject({
    Threads: '1',
    CapInh: none,
    CapPrm: none,
    CapEff: none,
    CapBnd: none,
    CapAmb: none,
    NoNewPrivs: '1',
    Seccomp: '2',
    NSpid: `${pid}\t1`,
    SigBlk: none,
  });
  expect(Number.parseInt(status['VmRSS'] ?? '', 10)).toBeLessThan(100);
});

test('it has its output, its wait set and its timer open, and nothing else', () => {
  const folder = `/proc/${pid}/fd`;
  const open = Object.fromEntries(readdirSync(folder).map((fd) => [fd, readlinkSync(`${folder}/${fd}`)]));
  expect(open).toEqual({ 1: expect.stringMatching(/^pipe:/), 5: 'anon_inode:[eventpoll]', 6: 'anon_inode:[timerfd]' });
});

test('its root is empty and read-only, and the only mount', () => {
  expect(readdirSync(`/proc/${pid}/root/`)).toEqual([]);
  expect(readProc(pid, 'mountinfo').trimEnd().split('\n')).toEqual([
    expect.stringMatching(/ \/ \/ ro,nosuid,nodev,noexec,\w+ - tmpfs /),
  ]);
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
});

test('its namespaces are its own', () => {
  const its = namespaces(pid);
  for (const kind of ['ipc', 'mnt', 'net', 'pid', 'time', 'uts']) {
    expect({ kind, name: its[kind] }).not.toEqual({ kind, name: mine[kind] });
  }
});

test('it is in its cgroup, in every hierarchy', () => {
  const lines = readProc(pid, 'cgroup').trimEnd().split('\n');
  expect(lines.filter((line) => !/\/[0-9a-f]{64}$/.test(line))).toEqual([]);
});

test('its environment is empty, and its memory that of a guest', () => {
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('');
  const maps = readProc(pid, 'maps').trimEnd().split('\n');
  expect(maps[0]).toMatch(/^00010000-/);
  expect(maps.filter((line) => /^\S+ .wx/.test(line))).toEqual([]);
});
