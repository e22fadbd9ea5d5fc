/** The contract with containerd's shim: what is in place when a call returns, what ends, and which words errors have. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { hierarchies } from './engine/cgroups.ts';
import { readProc } from './engine/processes.ts';
import { until } from './engine/until.ts';
import { FakeShim } from './fake-shim.ts';
import { type BundleOptions, workplace } from './workplace.ts';

const place = workplace();
beforeAll(FakeShim.becomeSubreaper);

/** A shim for a container, which is deleted after the test. */
function shimFor(id: string, args: readonly string[], options?: BundleOptions): FakeShim {
  const shim = new FakeShim(place, id, place.bundle(id, args, options));
  onTestFinished(async () => {
    await shim.deleteForce();
  });
  return shim;
}

const done = { status: 0, stdout: '', stderr: '' };
const parentOf = (pid: number) => Number(/^PPid:\s+(\d+)$/m.exec(readProc(pid, 'status'))?.[1]);

test('a whole life: create, start, wait, delete, delete --force', async () => {
  const shim = shimFor('life', ['/exit-code', '7']);
  const { status, stdout, stderr } = await shim.create();
  expect({ status, log: shim.log }).toEqual({ status: 0, log: [] });
  expect(readFileSync(path.join(shim.bundle, 'init.pid'), 'utf8')).toMatch(/^\d+$/);
  expect(await place.state('life')).toMatchObject({ status: 'created', pid: shim.pid });
  expect(await shim.start()).toEqual(done);
  expect(await shim.wait()).toBe(7);
  await Promise.all([stdout.ended, stderr.ended]);
  expect({ stdout: stdout.text, stderr: stderr.text }).toEqual({ stdout: '', stderr: '' });
  expect(await place.state('life')).toMatchObject({ status: 'stopped', pid: 0 });
  expect(await shim.delete()).toEqual(done);
  expect(await shim.deleteForce()).toEqual(done);
  expect(place.left()).toEqual([]);
});

test('when create returns, init is an orphan in its cgroups and namespaces', async () => {
  const shim = shimFor('prepared', ['/sleep']);
  await shim.create();
  const { pid } = shim;
  expect(parentOf(pid)).toBe(process.pid);
  const cgroups = readProc(pid, 'cgroup').trimEnd().split('\n');
  expect(cgroups.filter((line) => !line.endsWith(`:${place.cgroupsPath('prepared')}`))).toEqual([]);
  for (const hierarchy of hierarchies()) {
    expect(readFileSync(path.join(hierarchy, place.cgroupsPath('prepared'), 'cgroup.procs'), 'utf8')).toBe(`${pid}\n`);
  }
  for (const kind of ['net', 'pid', 'mnt', 'uts', 'ipc']) {
    expect(readlinkSync(`/proc/${pid}/ns/${kind}`)).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
  }
  await shim.start();
  expect({ pid: (await place.state('prepared')).pid, parent: parentOf(pid) }).toEqual({ pid, parent: process.pid });
});

test('output comes through the pipes, which end with the guest', async () => {
  const shim = shimFor('output', ['/hello', 'through a pipe']);
  const { stdout, stderr } = await shim.create();
  await shim.start();
  await Promise.all([stdout.ended, stderr.ended]);
  expect(stdout.text).toBe('Hello from a unikernel\ncommand line: <through a pipe>\n');
  expect(stderr.text).toBe('');
  expect(await shim.wait()).toBe(0);
});

test('nothing of the caller is held by the guest', async () => {
  const shim = shimFor('closed', ['/sleep']);
  const { stdout } = await shim.create('--preserve-fds', '0');
  await shim.start();
  await until('the guest sleeps', 60_000, () => stdout.text === 'sleeping\n');
  expect(readdirSync(`/proc/${shim.pid}/fd`)).toEqual(['1', '5', '6']);
});

test('kill, by number: TERM ends at once, with 143', async () => {
  const shim = shimFor('term', ['/sleep']);
  const { stdout } = await shim.create();
  await shim.start();
  await until('the guest sleeps', 60_000, () => stdout.text === 'sleeping\n');
  expect(await shim.kill(15)).toEqual(done);
  expect(await shim.wait()).toBe(143);
  expect(await shim.killAll(9)).toEqual(done);
  expect(await shim.delete()).toEqual(done);
});

test.each([9, 15])('a container that was never started can be killed with %s and deleted', async (signal) => {
  const shim = shimFor('unstarted', ['/sleep']);
  const { stdout, stderr } = await shim.create();
  expect(await shim.kill(signal)).toEqual(done);
  expect(await shim.wait()).toBe(128 + signal);
  await Promise.all([stdout.ended, stderr.ended]);
  expect(await shim.delete()).toEqual(done);
  expect(place.left()).toEqual([]);
});

test('delete of one that was created and never started ends it', async () => {
  const shim = shimFor('deleted-early', ['/sleep']);
  await shim.create();
  const waiting = shim.wait();
  expect(await shim.delete()).toEqual(done);
  expect(await waiting).toBe(137);
  expect(place.left()).toEqual([]);
});

test('ps lists the process, pause and resume work, update reads its standard input', async () => {
  const shim = shimFor('running', ['/echo-loop']);
  const { stdout } = await shim.create();
  await shim.start();
  const listed = await shim.ps();
  expect({ ...listed, stdout: JSON.parse(listed.stdout) }).toEqual({ ...done, stdout: [shim.pid] });
  expect(await shim.pause()).toEqual(done);
  expect(await shim.resume()).toEqual(done);
  const { length } = stdout.text;
  await until('it goes on', 60_000, () => stdout.text.length > length);
  expect(await shim.update({ memory: { limit: 32 * 2 ** 20 }, cpu: { shares: 512 }, pids: null, unified: null })).toEqual(done);
  const resources = await shim.update({ memory: { limit: 'much' } });
  expect(resources.status).not.toBe(0);
});

test('a paused container can be killed', async () => {
  const shim = shimFor('paused', ['/echo-loop']);
  await shim.create();
  await shim.start();
  await shim.pause();
  expect(await shim.killAll(9)).toEqual(done);
  expect(await shim.wait()).toBe(137);
  expect(await shim.delete()).toEqual(done);
});

test('errors have the words that the shim looks for, on standard error and in the log', async () => {
  const shim = shimFor('words', ['/exit-code', '0']);
  const missing = { status: 1, stdout: '', stderr: expect.stringContaining('does not exist') };
  for (const call of [shim.start, () => shim.kill(15), shim.delete, shim.ps, shim.pause, shim.resume]) {
    expect(await call()).toEqual(missing);
    expect(shim.lastError).toContain('does not exist');
  }
  expect(await shim.deleteForce()).toEqual(done);
  await shim.create();
  expect((await shim.create()).status).toBe(1);
  expect(shim.lastError).toContain('exists already');
  await shim.start();
  expect(await shim.wait()).toBe(0);
  const stopped = { status: 1, stdout: '', stderr: expect.stringContaining('container not running') };
  for (const call of [() => shim.kill(15), shim.start, shim.pause]) {
    expect(await call()).toEqual(stopped);
    expect(shim.lastError).toContain('container not running');
  }
  expect(await shim.killAll(15)).toEqual(done);
  for (const { time } of shim.log) expect(Date.parse(time)).not.toBeNaN();
});

test('delete without --force refuses one that runs; with it, it ends it', async () => {
  const shim = shimFor('stubborn', ['/sleep']);
  await shim.create();
  await shim.start();
  const waiting = shim.wait();
  expect(await shim.delete()).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining('not stopped') });
  expect((await place.state('stubborn')).status).toBe('running');
  expect(await shim.deleteForce()).toEqual(done);
  expect(await waiting).toBe(137);
  expect(place.left()).toEqual([]);
});

test('exec is an error that ends', async () => {
  const shim = shimFor('single', ['/sleep']);
  await shim.create();
  await shim.start();
  expect(await shim.exec()).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining('exec is not possible') });
  expect(shim.lastError).toContain('exec is not possible');
});

test('what create refuses is in the log, and not in the pipes', async () => {
  const shim = shimFor('refused', ['/linux']);
  const { status, stdout, stderr } = await shim.create();
  await Promise.all([stdout.ended, stderr.ended]);
  expect({ status, stdout: stdout.text, stderr: stderr.text }).toEqual({ status: 1, stdout: '', stderr: '' });
  expect(shim.lastError).toContain('without Solo5 notes');
  expect(await shim.deleteForce()).toEqual(done);
  expect(place.left()).toEqual([]);
});

test('init that dies before start: start says so, and delete works', async () => {
  const shim = shimFor('died', ['/hello']);
  await shim.create();
  process.kill(shim.pid, 'SIGKILL');
  await shim.wait();
  expect((await shim.start()).stderr).toContain('container not running');
  expect(await shim.delete()).toEqual(done);
});
