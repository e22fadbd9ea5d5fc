/** Engines other than Docker: containerd by its own client, and Podman. */
import path from 'node:path';
import { execa } from 'execa';
import { expect, inject, onTestFinished, type TestContext, test } from 'vitest';
import { containers, image } from './containers.ts';
import { containerdSocket } from './engine/settings.ts';
import { nothingLeft, traces } from './engine/traces.ts';
import { until } from './engine/until.ts';
import { podmanAt } from './podman-at.ts';
import { type Ended, workplace } from './workplace.ts';

const { address, must } = containers();
const place = workplace();
const runnc = inject('runnc');

/** Skips the test, and says why, where a program is not installed. */
async function needs({ skip }: TestContext, program: string, from: string): Promise<void> {
  const { failed } = await execa('which', [program], { reject: false });
  if (failed) skip(`${program} is missing: apt-get install ${from}`);
}

const ended = ({ status, stdout, stderr }: Ended) => ({ status, stdout, stderr });
const hello = (commandLine: string) => ({
  status: 0,
  stdout: `Hello from a unikernel\ncommand line: <${commandLine}>\n`,
  stderr: '',
});

test('containerd: ctr run', async (context) => {
  await needs(context, 'ctr', 'containerd');
  const archive = path.join(place.folder, 'image.tar');
  await must('save', '--output', archive, image);
  // Its cgroups are named after the namespace: the engine's own.
  const ctr = (...args: string[]) =>
    place.call(['ctr', '--address', containerdSocket(address.folder), '--namespace', path.basename(address.folder), ...args], {});
  const snapshotter = ['--snapshotter', 'native'];
  expect((await ctr('image', 'import', ...snapshotter, archive)).stderr).toBe('');
  const runtime = ['--runtime', 'io.containerd.runc.v2', '--runc-binary', runnc];
  const run = (id: string, ...command: string[]) =>
    ctr(
      'run',
      '--rm',
      ...snapshotter,
      ...runtime,
      '--memory-limit',
      '67108864',
      `docker.io/library/${image}:latest`,
      id,
      ...command,
    );
  const before = await traces(address);

  expect(ended(await run('by-ctr', '/hello', 'a b', '{"c": "d"}'))).toEqual(hello('a b {"c": "d"}'));
  expect((await run('by-ctr', '/exit-code', '9')).status).toBe(9);
  expect(await run('by-ctr', '/linux')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^ctr: [^\n]*without Solo5 notes[^\n]*\n$/),
  });

  const running = run('by-ctr', '/sleep');
  const task = (state: string) =>
    until(`the task is ${state}`, 60_000, async () => (await ctr('task', 'ls')).stdout.includes(state));
  await task('RUNNING');
  expect((await ctr('task', 'pause', 'by-ctr')).stderr).toBe('');
  await task('PAUSED');
  expect((await ctr('task', 'resume', 'by-ctr')).stderr).toBe('');
  expect((await ctr('task', 'metrics', 'by-ctr')).stderr).toBe('');
  expect((await ctr('task', 'kill', '--signal', 'SIGTERM', 'by-ctr')).stderr).toBe('');
  expect(ended(await running)).toEqual({ status: 143, stdout: 'sleeping\n', stderr: '' });
  await nothingLeft(address, before);
});

test('podman run, stop, inspect, rm', async (context) => {
  await needs(context, 'podman', 'podman');
  const podman = podmanAt(place);
  const archive = path.join(place.folder, 'rootfs.tar');
  await place.call(['tar', '--create', '--file', archive, '--directory', place.rootfs, '.'], {});
  expect((await podman('import', '--quiet', archive, image)).status).toBe(0);
  onTestFinished(async () => {
    await podman('rm', '--all', '--force');
  });
  const alone = ['--network=none', `--cgroup-parent=/${place.name}`];
  const run = (...command: string[]) => podman('run', '--rm', ...alone, '--memory=64m', image, ...command);

  expect(ended(await run('/hello', 'a b', '{"c": "d"}'))).toEqual(hello('a b {"c": "d"}'));
  expect((await run('/exit-code', '9')).status).toBe(9);
  expect((await run('/crash')).status).toBe(139);
  expect((await run('/linux')).stderr).toMatch(/^Error: [^\n]*without Solo5 notes[^\n]*\n$/);

  const started = await podman('run', '--detach', '--name=stopped', ...alone, image, '/sleep');
  expect(started).toMatchObject({ status: 0, stderr: '' });
  expect((await podman('ps', '--format', '{{.Names}} {{.Status}}')).stdout).toMatch(/^stopped Up /);
  await until('it sleeps', 60_000, async () => (await podman('logs', 'stopped')).stdout === 'sleeping\n');
  expect(await podman('stop', '--time=30', 'stopped')).toMatchObject({ status: 0, stderr: '' });
  expect(
    (await podman('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}', 'stopped')).stdout,
  ).toBe('exited 143 false\n');
  expect((await podman('rm', 'stopped')).status).toBe(0);
  expect(place.left().filter((line) => !/^mount: |\/conmon$/.test(line))).toEqual([]);
});
