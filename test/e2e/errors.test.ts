/** What cannot be started is refused with one sentence, before or after something was made for it, and nothing is left. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, inject, test } from 'vitest';
import { brokenGuests, unusualGuests } from '../guests/broken.ts';
import { type BundleOptions, workplace } from './workplace.ts';

const place = workplace();
const hello = readFileSync(path.join(inject('guests'), 'hello.spt'));
const log = path.join(place.folder, 'log.json');

beforeEach(async () => {
  await place.runnc(['delete', '--force', 'refused']);
  rmSync(log, { force: true });
});

/** Tries to create a container, which must fail: returns the one sentence in the log. */
async function refusal(args: readonly string[], options?: BundleOptions): Promise<string> {
  const bundle = place.bundle('refused', args, options);
  const { status, stdout, stderr } = await place.runnc([
    '--log',
    log,
    '--log-format',
    'json',
    'create',
    '--bundle',
    bundle,
    'refused',
  ]);
  // Without a console these are the container's own.
  expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: '' });
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  const { level, msg, time } = JSON.parse(lines[0] ?? '');
  expect({ level, time }).toEqual({ level: 'error', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/) });
  expect(msg).not.toMatch(/\n|\.$|undefined|\[object|Error:|^$/);
  expect(place.left()).toEqual([]);
  return msg;
}

// To ELF an alignment of 0 means that nothing is asked, and pages are all that we map.
const broken = brokenGuests(hello).filter(({ name }) => name !== 'align-zero');
test.each(broken.map(({ name, what, bytes }) => ({ name, what, bytes })))('$name: $what', async ({ name, bytes }) => {
  writeFileSync(path.join(place.rootfs, name), bytes);
  expect(await refusal([`/${name}`])).toContain(name);
});

test.each(unusualGuests(hello).map(({ name, what, bytes }) => ({ name, what, bytes })))(
  '$name runs: $what',
  async ({ name, bytes }) => {
    writeFileSync(path.join(place.rootfs, name), bytes);
    const { status, stdout, stderr } = await place.runnc(['run', '--bundle', place.bundle('odd', [`/${name}`, 'x']), 'odd']);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'Hello from a unikernel\ncommand line: <x>\n', stderr: '' });
    expect(place.left()).toEqual([]);
  },
);

mkdirSync(path.join(place.rootfs, 'folder'));
const network = (file: string): BundleOptions => ({
  linux: { namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'uts' }, { type: 'network', path: file }] },
});

test.each<[what: string, says: string | RegExp, args: string[], options: BundleOptions]>([
  ['a Linux program', 'is a statically linked ELF program without Solo5 notes, not a unikernel', ['/linux'], {}],
  ['a program that is not there', 'program "/nothing" is not in the image', ['/nothing'], {}],
  ['a program that is nowhere in PATH', '(looked for "/nothing")', ['nothing'], {}],
  ['a folder', 'is a directory', ['/folder'], {}],
  ['a command line of 8192 bytes', 'has 8192 bytes, a Solo5 guest takes at most 8191', ['/hello', 'x'.repeat(8192)], {}],
  [
    'a block device whose image is missing',
    'which is not there',
    ['/block-device'],
    { process: { env: ['RUNNC_BLOCK_storage=/nowhere.img'] } },
  ],
  [
    'less memory than a guest needs',
    'memory limit of 1048576 bytes',
    ['/hello'],
    { linux: { resources: { memory: { limit: 2 ** 20 } } } },
  ],
  ['a namespace that is not there', '/nowhere/net', ['/hello'], network('/nowhere/net')],
  ['a namespace of another kind', 'network namespace /proc/self/ns/uts', ['/hello'], network('/proc/self/ns/uts')],
  ['a sysctl that does not exist', 'kernel.no_such_thing', ['/hello'], { linux: { sysctl: { 'kernel.no_such_thing': '1' } } }],
  ['a hook that fails', 'createRuntime hook /bin/false', ['/hello'], { hooks: { createRuntime: [{ path: '/bin/false' }] } }],
  ['a hook that is not there', '/nowhere/hook', ['/hello'], { hooks: { prestart: [{ path: '/nowhere/hook' }] } }],
  ['no arguments', 'args', [], {}],
  ['a root that is not there', 'nowhere', ['/hello'], { root: { path: '/nowhere' } }],
  ['a specification of the future', '7.0.0', ['/hello'], { ociVersion: '7.0.0' }],
  ['a terminal without a console socket', 'console-socket', ['/hello'], { process: { terminal: true } }],
  ['a program outside of the image', 'is not in the image', ['../../../../../../bin/sh'], {}],
])('%s', async (_what, says, args, options) => {
  expect(await refusal(args, options)).toMatch(says);
});

test.each([
  ['no config.json', undefined, 'config.json'],
  ['an empty config.json', '', 'config.json'],
  ['a config.json that is cut off', '{"ociVersion": "1.0', 'config.json'],
  ['a config.json that is a list', '[]', 'config.json'],
  [
    'a config.json with a wrong type',
    '{"ociVersion": "1.0.0", "process": {"args": "x", "cwd": "/"}, "root": {"path": "/"}}',
    'process.args',
  ],
])('%s', async (_what, config, says) => {
  const bundle = path.join(place.folder, 'no-bundle');
  rmSync(bundle, { recursive: true, force: true });
  mkdirSync(bundle);
  if (config !== undefined) writeFileSync(path.join(bundle, 'config.json'), config);
  const { status, stdout, stderr } = await place.runnc(['create', '--bundle', bundle, 'unread']);
  expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(/^runnc: [^\n]+\n$/) });
  expect(stderr).toContain(says);
  expect(place.left()).toEqual([]);
});
