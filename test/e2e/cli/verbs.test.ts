/** The command line: what every verb does, and what it says. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../engine/until.ts';
import { commandLine } from './command-line.ts';

const { place, refusal } = commandLine();

test('spec writes a bundle that runs, and never over another one', async () => {
  const folder = path.join(place.folder, 'spec');
  mkdirSync(folder);
  await place.must(['spec'], { cwd: folder });
  const config = JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8'));
  config.linux.cgroupsPath = place.cgroupsPath('from-spec');
  writeFileSync(
    path.join(folder, 'config.json'),
    JSON.stringify({ ...config, root: { path: place.rootfs }, process: { ...config.process, args: ['hello'] } }),
  );
  expect(await place.runnc(['run', 'from-spec'], { cwd: folder })).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringContaining('Hello'),
  });
  const again = await place.runnc(['spec', '--bundle', folder]);
  expect(again).toMatchObject({ status: 1, stderr: expect.stringMatching(/config\.json exists already\n$/) });
});

test('run ends with the status of the guest, and removes the container', async () => {
  expect(await place.runnc(['run', '--bundle', place.bundle('runs', ['/hello', 'x']), 'runs'])).toMatchObject({
    status: 0,
    stderr: '',
    stdout: 'Hello from a unikernel\ncommand line: <x>\n',
  });
  expect((await place.runnc(['run', '--bundle', place.bundle('ends', ['/exit-code', '42']), 'ends'])).status).toBe(42);
  expect((await place.runnc(['run', '--bundle', place.bundle('ends', ['/crash']), 'ends'])).status).toBe(139);
  expect((await place.runnc(['run', '--bundle', place.bundle('ends', ['/forbidden']), 'ends'])).status).toBe(159);
  expect(place.left()).toEqual([]);
});

test('run --keep keeps the container', async () => {
  await place.must(['run', '--keep', '--bundle', place.bundle('kept', ['/hello']), 'kept']);
  expect(await place.state('kept')).toMatchObject({ status: 'stopped' });
});

test('run --detach comes back at once', async () => {
  const pidFile = path.join(place.folder, 'detached.pid');
  await place.must(['run', '--detach', '--pid-file', pidFile, '--bundle', place.bundle('detached', ['/sleep']), 'detached']);
  expect(await place.state('detached')).toMatchObject({ status: 'running', pid: Number(readFileSync(pidFile, 'utf8')) });
});

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)('run hands %s on to the guest', async (signal, expected) => {
  let send = (_: NodeJS.Signals) => {};
  const running = place.runnc(['run', '--bundle', place.bundle('signalled', ['/sleep']), 'signalled'], {
    started: (kill) => {
      send = kill;
    },
  });
  await until('the guest runs', 60_000, async () => (await place.runnc(['state', 'signalled'])).stdout.includes('"running"'));
  send(signal);
  expect((await running).status).toBe(expected);
});

test('create, state, start, state, kill, state, delete, state', async () => {
  const bundle = place.bundle('lifelong', ['/sleep'], { annotations: { 'org.example.a': 'b' } });
  await place.must(['create', '--bundle', bundle, 'lifelong']);
  const state = await place.state('lifelong');
  expect(state).toEqual({
    ociVersion: expect.stringMatching(/^1\./),
    id: 'lifelong',
    status: 'created',
    pid: expect.any(Number),
    bundle,
    annotations: { 'org.example.a': 'b' },
  });
  await place.must(['start', 'lifelong']);
  expect(await place.state('lifelong')).toEqual({ ...state, status: 'running' });
  await place.must(['kill', 'lifelong', 'KILL']);
  await place.stopped('lifelong');
  expect(await place.state('lifelong')).toEqual({ ...state, status: 'stopped', pid: 0 });
  await place.must(['delete', 'lifelong']);
  expect(await refusal(['state', 'lifelong'])).toBe('runnc: container lifelong does not exist\n');
});

test.each(['TERM', 'SIGTERM', 'term', '15'])('kill understands %s', async (signal) => {
  await place.must(['run', '--detach', '--bundle', place.bundle('named', ['/sleep']), 'named']);
  await place.must(['kill', 'named', signal]);
  await place.stopped('named');
});

test('kill refuses what is no signal', async () => {
  await place.must(['run', '--detach', '--bundle', place.bundle('unkilled', ['/sleep']), 'unkilled']);
  for (const signal of ['NONE', '65', '-1', '1.5', ''])
    expect((await place.runnc(['kill', 'unkilled', signal])).status).not.toBe(0);
  expect((await place.state('unkilled')).status).toBe('running');
});

test('list: as a table, as JSON, as ids', async () => {
  expect((await place.must(['list', '--format', 'json'])).stdout).toBe('[]\n');
  const bundle = place.bundle('listed', ['/sleep']);
  await place.must(['create', '--bundle', bundle, 'listed']);
  const { pid } = await place.state('listed');
  const [row] = JSON.parse((await place.must(['list', '-f', 'json'])).stdout);
  expect(row).toMatchObject({ id: 'listed', pid, status: 'created', bundle, rootfs: place.rootfs, owner: 'root' });
  expect(Date.parse(row.created)).toBeGreaterThan(Date.now() - 60_000);
  const [head, line] = (await place.must(['list'])).stdout.split('\n');
  expect(head).toMatch(/^ID +PID +STATUS +BUNDLE +CREATED +OWNER$/);
  expect(line).toMatch(new RegExp(`^listed +${pid} +created +${bundle} `));
  expect((await place.must(['list', '-q'])).stdout).toBe('listed\n');
});

test('ps, pause, resume, update from a file', async () => {
  await place.must(['run', '--detach', '--bundle', place.bundle('asked', ['/sleep']), 'asked']);
  const { pid } = await place.state('asked');
  expect((await place.must(['ps', 'asked'])).stdout).toBe(`PID\n${pid}\n`);
  expect(JSON.parse((await place.must(['ps', '--format', 'json', 'asked'])).stdout)).toEqual([pid]);
  await place.must(['pause', 'asked']);
  await place.must(['resume', 'asked']);
  const file = path.join(place.folder, 'resources.json');
  writeFileSync(file, JSON.stringify({ memory: { limit: 2 ** 26 } }));
  await place.must(['update', '--resources', file, 'asked']);
  expect(await refusal(['update', '--resources', '/nowhere', 'asked'])).toContain('/nowhere');
});

test('a command line of 8191 bytes works', async () => {
  const argument = 'x'.repeat(8191);
  const { stdout, status } = await place.runnc(['run', '--bundle', place.bundle('long', ['/hello', argument]), 'long']);
  expect({ status, same: stdout === `Hello from a unikernel\ncommand line: <${argument}>\n` }).toEqual({ status: 0, same: true });
});

test('a command line of 8192 bytes is refused before anything is created', async () => {
  const bundle = place.bundle('too-long', ['/hello', 'ä'.repeat(4096)]);
  expect(await refusal(['run', '--bundle', bundle, 'too-long'])).toContain('8192 bytes, a Solo5 guest takes at most 8191');
  expect(place.left()).toEqual([]);
});

test('delete --force of what does not exist is fine, delete is not', async () => {
  await place.must(['delete', '--force', 'nothing']);
  expect(await refusal(['delete', 'nothing'])).toContain('does not exist');
});
