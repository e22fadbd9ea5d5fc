/** The command line: global options, help, and what is no command. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { commandLine } from './command-line.ts';

const { place, refusal, bare } = commandLine();

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
    linux: { cgroup: { v1: true, v2: true, systemd: true }, seccomp: { enabled: true } },
  });
  expect(features.linux.namespaces).toEqual(expect.arrayContaining(['pid', 'network', 'mount', 'uts', 'ipc', 'cgroup']));
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

test('--systemd-cgroup wants a path for systemd, and systemd', async () => {
  const bundle = place.bundle('systemd', ['/hello']);
  expect(await refusal(['--systemd-cgroup', 'run', '--bundle', bundle, 'systemd'])).toContain('does not read slice:prefix:name');
  if (existsSync('/run/systemd/system')) return;
  const other = place.bundle('systemd', ['/hello'], { linux: { cgroupsPath: 'a.slice:b:c' } });
  expect(await refusal(['--systemd-cgroup', 'run', '--bundle', other, 'systemd'])).toContain('native.cgroupdriver=cgroupfs');
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
