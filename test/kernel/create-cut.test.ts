/** `create` is cut at each of its steps, by the kernel refusing one call after the other: nothing may stay. Needs strace. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { executable, type Machine, makeMachine, missing } from './runnc.ts';

const strace = '/usr/bin/strace';
const without = missing || (existsSync(strace) ? '' : 'strace');

/** Lets the n-th call of that name fail, in whichever process makes it; false when there are not so many. */
async function cut(machine: Machine, call: string, error: string, n: number): Promise<boolean> {
  const id = `cut-${call}-${n}-${process.pid}`;
  const log = join(machine.bundle, 'strace');
  rmSync(log, { force: true });
  // -D: strace ends with the last process it sees, and that may be a container that was created.
  const wrapper = [strace, '-D', '-f', '-qq', '-o', log, '-e', `trace=${call}`, '-e', `inject=${call}:error=${error}:when=${n}`];
  const { status, output } = await machine.runnc(['create', '--bundle', machine.bundle, id], wrapper);
  if (status === 0) expect(await machine.runnc(['delete', '--force', id])).toEqual({ status: 0, output: '' });
  else expect(output, `${call} ${n}`).toMatch(/^runnc: \S.*\n$/);
  expect(machine.traces(id), `${call} ${n}: ${output}`).toEqual([]);
  return readFileSync(log, 'utf8').includes('(INJECTED)');
}

describe.skipIf(without !== '')(`create, cut at every${without && ` (needs ${without})`}`, () => {
  test.each([
    ['mkdir', 'ENOSPC', 5],
    ['rename', 'ENOSPC', 3],
    ['mknodat', 'ENOSPC', 1],
    ['memfd_create', 'EMFILE', 2],
    ['pipe2', 'EMFILE', 2],
    ['dup2', 'EMFILE', 5],
    ['execve', 'ENOMEM', 1],
    ['write', 'ENOSPC', 10],
    ['unshare', 'ENOSPC', 1],
    ['mount', 'EPERM', 2],
    ['pivot_root', 'EINVAL', 1],
    ['umount2', 'EINVAL', 1],
    ['chdir', 'EACCES', 1],
    ['close_range', 'EINVAL', 2],
    ['sethostname', 'EPERM', 1],
  ])('%s that fails with %s', { timeout: 120_000 }, async (call, error, least) => {
    const machine = makeMachine();
    let cuts = 0;
    while (await cut(machine, call, error, cuts + 1)) cuts += 1;
    expect(cuts).toBeGreaterThanOrEqual(least);
  });

  test('the file system of the states has no locks', async () => {
    const machine = makeMachine();
    const wrapper = [strace, '-D', '-f', '-qq', '-o', join(machine.bundle, 'strace'), '-e', 'inject=flock:error=ENOLCK'];
    const { status, output } = await machine.runnc(['create', '--bundle', machine.bundle, 'unlocked'], wrapper);
    expect([status, output]).toEqual([1, 'runnc: locking the folder of container unlocked: ENOLCK (no locks available)\n']);
    expect(machine.traces('unlocked')).toEqual([]);
  });

  // Some in the middle of Bun's own start, where it gives up by itself: runnc's come after them.
  test('openat that fails with EMFILE', { timeout: 180_000 }, async () => {
    const machine = makeMachine();
    for (let n = 20; await cut(machine, 'openat', 'EMFILE', n); n++);
  });
});

describe.skipIf(missing !== '')(`create, on a machine that lacks something${missing && ` (needs ${missing})`}`, () => {
  /** Runs create in a mount namespace that a script has changed. */
  const inside = (machine: Machine, script: string, id: string) =>
    machine.runnc(['create', '--bundle', machine.bundle, id], ['unshare', '--mount', 'sh', '-c', `${script} && exec "$@"`, 'sh']);

  test('the folder of states is read-only', async () => {
    const machine = makeMachine();
    mkdirSync(machine.root);
    const { status, output } = await inside(machine, `mount -t tmpfs -o ro none ${machine.root}`, 'read-only');
    expect([status, output]).toEqual([1, expect.stringMatching(/^runnc: EROFS: .*\n$/)]);
    expect(machine.traces('read-only')).toEqual([]);
  });

  test('there are no cgroups', async () => {
    const machine = makeMachine();
    const { status, output } = await inside(machine, 'umount --recursive --lazy /sys/fs/cgroup', 'no-cgroups');
    expect([status, output]).toEqual([1, expect.stringMatching(/^runnc: .*cgroup.*\n$/)]);
    expect(machine.traces('no-cgroups')).toEqual([]);
  });

  test('the folder of states is full, after any number of files', { timeout: 60_000 }, async () => {
    const machine = makeMachine();
    mkdirSync(machine.root);
    const left = join(machine.bundle, 'left');
    for (let inodes = 1; ; inodes++) {
      const id = `full-${inodes}-${process.pid}`;
      // Looked at, and deleted where it was made after all, inside: the states are gone with the mount namespace.
      const remove = `${executable} ${machine.global.join(' ')} delete --force ${id}`;
      const full = `mount -t tmpfs -o nr_inodes=${inodes} none ${machine.root} && { "$@"; s=$?; [ $s = 1 ] || ${remove}; ls -A ${machine.root} > ${left}; exit $s; }; exit 99; true`;
      const { status, output } = await inside(machine, full, id);
      expect([readFileSync(left, 'utf8'), ...machine.traces(id)]).toEqual(['']);
      if (status === 0) {
        expect(inodes).toBeGreaterThan(3);
        break;
      }
      expect(output).toMatch(/^runnc: .*ENOSPC.*\n$/);
    }
  });

  test.each(['prestart', 'createRuntime', 'createContainer'])('a %s hook fails', async (name) => {
    const poststop = join('/run', `runnc-kernel-test-poststop-${process.pid}`);
    onTestFinished(() => rmSync(poststop, { force: true }));
    const failing = { path: '/bin/sh', args: ['sh', '-c', 'echo no >&2; exit 3'] };
    const machine = makeMachine({
      hooks: { [name]: [failing], poststop: [{ path: '/bin/sh', args: ['sh', '-c', `cat > ${poststop}`] }] },
    });
    const { status, output } = await machine.runnc(['create', '--bundle', machine.bundle, 'hook']);
    expect([status, output]).toEqual([1, `runnc: ${name} hook /bin/sh ended with status 3: no\n`]);
    expect(machine.traces('hook')).toEqual([]);
    expect(JSON.parse(readFileSync(poststop, 'utf8'))).toMatchObject({ id: 'hook', status: 'stopped' });
  });

  test.each([
    ['the folder of the pid file is not there', ['--pid-file', '/nonexistent/pid'], {}, /ENOENT.*\/nonexistent\/pid/],
    [
      'nobody listens on the console socket',
      ['--console-socket', '/nonexistent/socket'],
      { process: { args: ['/sleep'], cwd: '/', terminal: true } },
      /no terminal for the container over \/nonexistent\/socket/,
    ],
    ['the program is not there', [], { process: { args: ['/nope'], cwd: '/' } }, /program "\/nope" is not in the image/],
    [
      'a namespace is not there',
      [],
      { linux: { namespaces: [{ type: 'uts' }, { type: 'network', path: '/nonexistent/ns' }] } },
      /opening the network namespace \/nonexistent\/ns: ENOENT/,
    ],
    [
      'a sysctl is not there',
      [],
      { linux: { namespaces: [{ type: 'uts' }, { type: 'network' }], sysctl: { 'net.nope': '1' } } },
      /setting the sysctl net\.nope to 1: ENOENT/,
    ],
  ])('%s', async (_, args, change, sentence) => {
    const machine = makeMachine(change);
    const { status, output } = await machine.runnc(['create', '--bundle', machine.bundle, ...args, 'lacking']);
    expect([status, output]).toEqual([1, expect.stringMatching(sentence)]);
    expect(machine.traces('lacking')).toEqual([]);
  });
});
