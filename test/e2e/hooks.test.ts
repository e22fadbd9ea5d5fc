/** The hooks of the bundle: when each runs, where, with which state, and what happens when one fails. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { type Hook, type HookName, hookNames } from '../../core/oci/types.ts';
import { workplace } from './workplace.ts';

const place = workplace();
/** Hooks write to it; inside of the container's root it is /hooks. */
const journal = path.join(place.rootfs, 'hooks');

beforeEach(() => {
  writeFileSync(journal, '');
  onTestFinished(async () => {
    await place.runnc(['delete', '--force', 'hooked']);
  });
});

interface Entry {
  readonly name: string;
  readonly state: {
    readonly id: string;
    readonly status: string;
    readonly pid: number;
    readonly bundle: string;
    readonly ociVersion: string;
  };
}

const entries = (): Entry[] =>
  readFileSync(journal, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

/** A hook that writes its name and its standard input, with nothing but what every shell has. */
function writes(name: string, file = journal): Hook {
  return {
    path: '/bin/sh',
    args: ['sh', '-c', `read -r state; printf '{"name": "${name}", "state": %s}\\n' "$state" >> ${file}`],
  };
}

const shell = (command: string, more: Partial<Hook> = {}): Hook => ({ path: '/bin/sh', args: ['sh', '-c', command], ...more });

const bundle = (hooks: Partial<Record<HookName, Hook[]>>, args = ['/hello']) => place.bundle('hooked', args, { hooks });

/** startContainer hooks are programs of the image: give it a shell. */
async function addShell(): Promise<void> {
  const { stdout } = await execa('ldd', ['/bin/sh']);
  for (const [file] of stdout.matchAll(/\/\S+/g)) add(file);
  add('/bin/sh');
}

function add(file: string): void {
  const target = path.join(place.rootfs, file);
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(file, target);
}

test('all of them run, in order, each with its state', async () => {
  await addShell();
  const hooks = Object.fromEntries(
    hookNames.map((name) => [
      name,
      [
        writes(`${name} 1`, name === 'startContainer' ? '/hooks' : journal),
        writes(`${name} 2`, name === 'startContainer' ? '/hooks' : journal),
      ],
    ]),
  );
  const folder = bundle(hooks);
  await place.must(['create', '--bundle', folder, 'hooked']);
  const { pid } = await place.state('hooked');
  const names = (some: readonly string[]) => some.flatMap((name) => [`${name} 1`, `${name} 2`]);
  const atCreate = ['prestart', 'createRuntime', 'createContainer'];
  expect(entries().map(({ name }) => name)).toEqual(names(atCreate));
  await place.must(['start', 'hooked']);
  expect(entries().map(({ name }) => name)).toEqual(names([...atCreate, 'startContainer', 'poststart']));
  await place.stopped('hooked');
  await place.must(['delete', 'hooked']);
  expect(entries().map(({ name }) => name)).toEqual(names(hookNames));
  const status = {
    prestart: 'creating',
    createRuntime: 'creating',
    createContainer: 'creating',
    startContainer: 'created',
    poststart: 'running',
    poststop: 'stopped',
  };
  expect(entries().map(({ name, state }) => [name, state.status])).toEqual(
    hookNames.flatMap((name) => [1, 2].map((number) => [`${name} ${number}`, status[name]])),
  );
  for (const { name, state } of entries()) {
    expect(state).toMatchObject({ id: 'hooked', bundle: folder, ociVersion: expect.stringMatching(/^1\./) });
    if (!name.startsWith('poststop')) expect({ name, pid: state.pid }).toEqual({ name, pid });
  }
});

test('createRuntime hooks find the namespaces of the container, createContainer hooks are in them', async () => {
  const show = (name: string) => shell(`echo ${name} $(readlink /proc/self/ns/net) $(readlink /proc/self/ns/mnt) >> ${journal}`);
  await place.must([
    'create',
    '--bundle',
    bundle({ createRuntime: [show('runtime')], createContainer: [show('container')] }),
    'hooked',
  ]);
  const { pid } = await place.state('hooked');
  const { stdout: its } = await execa('readlink', [`/proc/${pid}/ns/net`]);
  const { stdout: ours } = await execa('readlink', ['/proc/self/ns/net']);
  const lines = readFileSync(journal, 'utf8').split('\n');
  expect(lines[0]).toContain(`runtime ${ours} `);
  expect(lines[1]).toContain(`container ${its} `);
});

test('a hook has the environment that is given, and its arguments as they are', async () => {
  const script = `echo "$0|$1|$A|$HOME|" >> ${journal}`;
  const hook = { path: '/bin/sh', args: ['sh', '-c', script, 'a b', '"c" \\'], env: ['A=x y', 'PATH=/usr/bin:/bin'] };
  await place.must(['create', '--bundle', bundle({ prestart: [hook] }), 'hooked']);
  expect(readFileSync(journal, 'utf8')).toBe('a b|"c" \\|x y||\n');
});

test.each(['prestart', 'createRuntime', 'createContainer'] as const)('a %s hook that fails undoes all', async (name) => {
  const fails = shell('echo went wrong >&2; exit 3');
  const { status, stderr } = await place.runnc([
    'create',
    '--bundle',
    bundle({ [name]: [fails, writes('never')], poststop: [writes('poststop')] }),
    'hooked',
  ]);
  expect({ status, stderr }).toEqual({ status: 1, stderr: `runnc: ${name} hook /bin/sh ended with status 3: went wrong\n` });
  expect(entries().map(({ name }) => name)).toEqual(['poststop']);
  expect(place.left()).toEqual([]);
});

test('a hook that takes longer than its timeout is killed with its children, and undoes all', async () => {
  const { status, stderr } = await place.runnc([
    'create',
    '--bundle',
    bundle({ createRuntime: [shell('sleep 600 & sleep 600', { timeout: 1 })] }),
    'hooked',
  ]);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('took longer than its timeout of 1 s') });
  expect(place.left()).toEqual([]);
});

test('a startContainer hook that fails keeps the guest from running', async () => {
  await addShell();
  const created = await place.must(['create', '--bundle', bundle({ startContainer: [shell('exit 4')] }), 'hooked']);
  const { status, stderr } = await place.runnc(['start', 'hooked']);
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringContaining('startContainer hook /bin/sh ended with status 4'),
  });
  await place.stopped('hooked');
  expect(created.said()).toBe('');
  await place.must(['delete', 'hooked']);
  expect(place.left()).toEqual([]);
});

test('poststart and poststop hooks that fail are only warned about', async () => {
  const hooks = { poststart: [shell('exit 5')], poststop: [shell('exit 6')] };
  await place.must(['create', '--bundle', bundle(hooks, ['/sleep']), 'hooked']);
  const start = await place.must(['start', 'hooked']);
  expect(start.stderr).toContain('poststart hook /bin/sh ended with status 5');
  expect((await place.state('hooked')).status).toBe('running');
  const remove = await place.must(['delete', '--force', 'hooked']);
  expect(remove.stderr).toContain('poststop hook /bin/sh ended with status 6');
  expect(place.left()).toEqual([]);
});

test('hooks may ask for the state', async () => {
  const ask = shell(`${inject('runnc')} --root ${place.root} state hooked | tr -d '\\n' >> ${journal}; echo >> ${journal}`);
  await place.must(['create', '--bundle', bundle({ prestart: [ask] }), 'hooked']);
  await place.must(['start', 'hooked']);
  const asked = JSON.parse(readFileSync(journal, 'utf8'));
  expect(asked).toMatchObject({ id: 'hooked', status: 'creating', pid: expect.any(Number) });
});
