/** Containers that another OCI runtime gets: a pod's sandbox, and beside it a guest in its network namespace. */
import { copyFileSync, mkdtempSync, readFileSync, readlinkSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { containers } from './containers.ts';
import { nothingLeft, traces } from './engine/traces.ts';
import { until } from './engine/until.ts';
import { workplace } from './workplace.ts';

const { docker, must, start, says, pidOf, buildImage, address } = containers();
const place = workplace();
const settings = mkdtempSync('/run/runnc-delegate-');
afterAll(() => rmSync(settings, { recursive: true }));
const guests = inject('guests');

beforeAll(async () => {
  const files = { '/pause': `${guests}/pause`, '/linux': `${guests}/linux` };
  await buildImage('pause', { files, entrypoint: ['/pause'] });
  copyFileSync(files['/pause'], path.join(place.rootfs, 'pause'));
  writeFileSync(path.join(place.rootfs, 'not-executable'), 'text', { mode: 0o644 });
});

test('a pod-like pair: the pause program runs by delegation, a guest joins its network namespace', async () => {
  const before = await traces(address);
  const pause = await must('run', '--detach', '--runtime=runnc', 'pause');
  onTestFinished(async () => {
    await docker('rm', '--force', pause);
  });
  const guest = await start(['/sleep', '60'], [`--network=container:${pause}`]);
  await says(guest, 'sleeping');
  const network = async (id: string) => readlinkSync(`/proc/${await pidOf(id)}/ns/net`);
  expect(await network(guest)).toBe(await network(pause));

  // Its commands reach it.
  expect((await must('top', pause)).split('\n')[1]).toContain('/pause');
  await must('pause', pause);
  await must('unpause', pause);
  expect(await docker('exec', pause, '/linux')).toEqual({ status: 0, stdout: 'Hello from Linux\n', stderr: '' });
  expect((await must('update', '--memory=64m', '--memory-swap=64m', pause)).trim()).toBe(pause);
  expect(await must('inspect', '--format', '{{.HostConfig.Memory}}', pause)).toBe(String(64 * 2 ** 20));
  await must('rm', '--force', guest);
  await must('stop', pause);
  expect(await must('inspect', '--format', '{{.State.ExitCode}}', pause)).toBe('0');
  await must('rm', pause);
  await nothingLeft(address, before);
});

test('other images are refused, unless runnc.config has them delegated', async () => {
  const { status, stderr } = await docker('run', '--rm', '--runtime=runnc', 'guests', '/linux');
  expect({ status, stderr }).toEqual({ status: 125, stderr: expect.stringContaining('not a unikernel that runnc knows') });
});

test('docker run --init is undone', async () => {
  expect(await docker('run', '--rm', '--init', '--runtime=runnc', 'guests', '/hello', 'a', 'b')).toEqual({
    stdout: 'Hello from a unikernel\ncommand line: <a b>\n',
    stderr: '',
    status: 0,
  });
});

/** A bundle of an ordinary program, as runc and crun both take it, and a configuration that hands it to one of them. */
function ordinary(id: string, runtime: string, args: readonly string[]) {
  const mounts = [{ destination: '/proc', type: 'proc', source: 'proc' }];
  const bundle = place.bundle(id, args, { ociVersion: '1.0.2', mounts });
  // Where it can be trusted: nobody but root writes there.
  const config = path.join(settings, `${id}.json`);
  writeFileSync(config, JSON.stringify({ options: { 'delegate-oci': { delegate: 'all', runtime } } }));
  const log = path.join(bundle, 'log.json');
  const runnc = (...args: string[]) => place.runnc(['--config', config, '--log', log, '--log-format', 'json', ...args]);
  return { bundle, log, runnc };
}

/** The folder of the other runtimes' states stays, and is empty. */
async function nothingIsLeft(): Promise<void> {
  rmdirSync(path.join(place.root, '~delegate'));
  await place.nothingLeft();
}

const listed = async (id: string) =>
  (JSON.parse((await place.must(['list', '--format', 'json'])).stdout) as { id: string; status: string }[]).find(
    (each) => each.id === id,
  )?.status;

/**
 * crun on cgroups of version 1 alone: where both versions are mounted, it refuses to run as soon as the kernel leaves a
 * controller to version 2 ("cgroups in hybrid mode not supported", libcrun/cgroup.c), be it one that nobody uses.
 */
function crunOnVersion1(): string {
  const program = path.join(settings, 'crun');
  const unmount = 'if mountpoint --quiet /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi';
  writeFileSync(program, `#!/bin/sh\nexec unshare --mount /bin/sh -c '${unmount}; exec crun "$@"' crun "$@"\n`, { mode: 0o755 });
  return program;
}

test.each([
  ['runc', () => '/usr/sbin/runc'],
  ['crun', crunOnVersion1],
])('%s: every command, with its own arguments', async (name, program) => {
  const id = `by-${name}`;
  const runtime = program();
  const { bundle, runnc } = ordinary(id, runtime, ['/pause']);
  const pidFile = path.join(bundle, 'pid');
  expect(await runnc('create', '--bundle', bundle, '--pid-file', pidFile, id)).toMatchObject({ status: 0, stderr: '' });
  const pid = Number(readFileSync(pidFile, 'utf8'));
  expect(await place.state(id)).toMatchObject({ id, pid, status: 'created' });
  expect(await listed(id)).toBe('created');
  expect((await runnc('start', id)).status).toBe(0);
  expect(await listed(id)).toBe('running');
  expect(JSON.parse((await runnc('ps', '--format', 'json', id)).stdout)).toEqual([pid]);
  const extra = path.join(bundle, 'process.json');
  writeFileSync(extra, JSON.stringify({ args: ['/linux'], cwd: '/', user: { uid: 0, gid: 0 } }));
  expect(await runnc('exec', '--process', extra, id)).toMatchObject({ status: 0, stdout: 'Hello from Linux\n' });
  expect((await runnc('kill', id, 'KILL')).status).toBe(0);
  await place.stopped(id);
  expect((await runnc('delete', id)).status).toBe(0);
  await nothingIsLeft();
});

test('run goes to the other runtime whole, and comes back with its status', async () => {
  const { bundle, runnc } = ordinary('run-whole', '/usr/sbin/runc', ['/linux']);
  expect(await runnc('run', '--bundle', bundle, 'run-whole')).toMatchObject({
    status: 0,
    stdout: 'Hello from Linux\n',
    stderr: '',
  });
  await nothingIsLeft();
  expect((await runnc('run', '--detach', '--bundle', bundle, 'run-whole')).status).toBe(0);
  await until('it has ended', 60_000, async () => (await listed('run-whole')) === 'stopped');
  expect((await runnc('delete', 'run-whole')).status).toBe(0);
  await nothingIsLeft();
});

test('what the other runtime says of a failure is the last line of the log, which engines show', async () => {
  const { bundle, log, runnc } = ordinary('failing', '/usr/sbin/runc', ['/not-executable']);
  expect((await runnc('create', '--bundle', bundle, 'failing')).status).toBe(1);
  const last = JSON.parse(readFileSync(log, 'utf8').trim().split('\n').at(-1) ?? '{}');
  expect(last).toMatchObject({
    level: 'error',
    msg: expect.stringMatching(/^\/usr\/sbin\/runc could not create .*\/not-executable.*permission denied/),
  });
  await nothingIsLeft();
});
