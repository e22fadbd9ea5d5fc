/** The command line: every verb, the global options, and what is refused. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { until } from './engine/until.ts';
import { workplace } from './workplace.ts';

const place = workplace();
const runnc = inject('runnc');

beforeEach(() => {
  onTestFinished(async () => {
    const { stdout } = await place.must(['list', '--quiet']);
    for (const id of stdout.split('\n').filter((line) => line !== '')) await place.must(['delete', '--force', id]);
    expect(place.left()).toEqual([]);
  });
});

/** What a refused command says: one line on standard error. */
async function refusal(args: readonly string[], expected = 1): Promise<string> {
  const { status, stdout, stderr } = await place.runnc(args);
  expect({ status, stdout, stderr }).toEqual({ status: expected, stdout: '', stderr: expect.stringMatching(/^[^\n]+\n$/) });
  return stderr;
}

const bare = (...args: string[]) => place.call([runnc, ...args], {});

test('--version names runnc and the specification', async () => {
  expect(await bare('--version')).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringMatching(/^runnc \d+\.\d+\.\d+\nspec: 1\.\d+\.\d+\n$/),
  });
});

test('--help lists the commands', async () => {
  const { status, stdout } = await bare('--help');
  expect(status).toBe(0);
  for (const verb of [
    'create',
    'start',
    'state',
    'kill',
    'delete',
    'run',
    'list',
    'spec',
    'features',
    'ps',
    'pause',
    'resume',
    'update',
  ]) {
    expect(stdout).toMatch(new RegExp(`^  ${verb} `, 'm'));
  }
});

test('features prints what engines ask for', async () => {
  const features = JSON.parse((await place.must(['features'])).stdout);
  expect(features).toMatchObject({
    ociVersionMin: expect.stringMatching(/^1\./),
    ociVersionMax: expect.stringMatching(/^1\./),
    hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
    linux: { cgroup: { v1: true, v2: true, systemd: false }, seccomp: { enabled: true } },
  });
  expect(features.linux.namespaces).toEqual(expect.arrayContaining(['pid', 'network', 'mount', 'uts', 'ipc', 'cgroup']));
});

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
  await until('the guest runs', 10_000, async () => (await place.runnc(['state', 'signalled'])).stdout.includes('"running"'));
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

test.each(['exec', 'checkpoint', 'restore', 'events'])('%s is refused with a sentence', async (verb) => {
  expect(await refusal([verb, '--some', 'option', 'x'])).toContain(`${verb} is not possible: `);
});

test.each([
  ['an unknown command', ['frobnicate'], 'frobnicate'],
  ['an unknown option', ['state', '--frobnicate', 'x'], '--frobnicate'],
  ['no id', ['state'], 'id'],
  ['too many ids', ['state', 'x', 'y'], 'argument'],
  ['a format that is none', ['list', '--format', 'xml'], 'xml'],
])('%s is a usage error', async (_what, args, says) => {
  const { status, stdout, stderr } = await place.runnc(args);
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: expect.stringContaining(says) });
});

test('an id of 1024 characters works, one of 1025 is refused', async () => {
  const id = 'i'.repeat(1024);
  const bundle = place.bundle(id, ['/sleep']);
  await place.must(['create', '--bundle', bundle, id]);
  await place.must(['start', id]);
  expect(await place.state(id)).toMatchObject({ id, status: 'running' });
  expect(JSON.parse((await place.must(['list', '-f', 'json'])).stdout)).toMatchObject([{ id }]);
  await place.must(['delete', '--force', id]);
  expect(await refusal(['create', '--bundle', bundle, `${id}i`])).toContain('1025 characters');
});

test.each(['.', '..', '../x', 'a/b', '/etc', '', ' ', 'a b', 'a\nb', '~x', '%2e', 'ä', '*', 'a\\b', '-\x01'])(
  'the id %j is refused by every command',
  async (id) => {
    const bundle = place.bundle('harmless', ['/sleep']);
    const before = existsSync(place.root) ? readdirSync(place.root) : [];
    for (const args of [
      ['create', '--bundle', bundle],
      ['start'],
      ['state'],
      ['kill'],
      ['delete'],
      ['delete', '--force'],
      ['ps'],
      ['pause'],
    ]) {
      const { status, stderr } = await place.runnc([...args, '--', id]);
      expect({ args, status, stderr }).toEqual({ args, status: 1, stderr: expect.stringMatching(/container id/) });
    }
    expect(existsSync(place.root) ? readdirSync(place.root) : []).toEqual(before);
  },
);

test.each(['a', 'A1', '_', 'a.b', 'a+b-c_d', '1', '.a', 'x..y', '...'])('the id %j works', async (id) => {
  await place.must(['create', '--bundle', place.bundle(id, ['/sleep']), '--', id]);
  expect(await place.state(id)).toMatchObject({ id, status: 'created' });
});

test('a second container with the same id is refused, and the first one goes on', async () => {
  await place.must(['run', '--detach', '--bundle', place.bundle('taken', ['/sleep']), 'taken']);
  const before = await place.state('taken');
  const other = place.bundle('other', ['/sleep']);
  expect(await refusal(['create', '--bundle', other, 'taken'])).toContain('container with id taken exists already');
  expect(await refusal(['run', '--bundle', other, 'taken'])).toContain('container with id taken exists already');
  expect(await place.state('taken')).toEqual(before);
});

test('a second container in the same cgroup is refused, and the first one goes on', async () => {
  await place.must(['run', '--detach', '--bundle', place.bundle('first', ['/sleep']), 'first']);
  const bundle = place.bundle('second', ['/sleep'], { linux: { cgroupsPath: place.cgroupsPath('first') } });
  expect(await refusal(['create', '--bundle', bundle, 'second'])).toContain('is in use by process');
  expect((await place.state('first')).status).toBe('running');
});

test('containers of different roots do not know each other', async () => {
  const root = path.join(place.folder, 'another', 'state');
  await place.must(['create', '--bundle', place.bundle('rooted', ['/sleep']), 'rooted']);
  expect(await bare('--root', root, 'state', 'rooted')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('does not exist'),
  });
  expect(await bare(`--root=${root}`, 'list', '-q')).toMatchObject({ status: 0, stdout: '' });
});

test('--log gets errors as text or JSON, and --debug more of them', async () => {
  const log = path.join(place.folder, 'a.log');
  await place.runnc(['--log', log, 'state', 'nothing']);
  expect(readFileSync(log, 'utf8')).toMatch(/^time="[^"]+" level=error msg="container nothing does not exist"\n$/);
  const json = path.join(place.folder, 'b.log');
  await place.runnc(['--log', json, '--log-format=json', '--debug', 'state', 'nothing']);
  const lines = readFileSync(json, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toEqual(
    expect.arrayContaining([expect.objectContaining({ level: 'error', msg: 'container nothing does not exist' })]),
  );
  expect(lines.some(({ level }) => level === 'debug')).toBe(true);
});

test('--systemd-cgroup is an error with the way out', async () => {
  const bundle = place.bundle('systemd', ['/hello']);
  expect(await refusal(['--systemd-cgroup', 'run', '--bundle', bundle, 'systemd'])).toContain('native.cgroupdriver=cgroupfs');
});

test('what runc accepts and means nothing here is accepted', async () => {
  const bundle = place.bundle('options', ['/hello']);
  await place.must([
    '--rootless',
    'auto',
    'run',
    '--no-pivot',
    '--no-new-keyring',
    '--preserve-fds',
    '0',
    '--bundle',
    bundle,
    'options',
  ]);
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
