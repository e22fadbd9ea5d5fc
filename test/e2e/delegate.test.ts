/** Containers that another OCI runtime gets: a pod's sandbox, and beside it a guest in its network namespace. */
import { readlinkSync } from 'node:fs';
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { containers } from './containers.ts';
import { nothingLeft, traces } from './engine/traces.ts';

const { docker, must, start, says, pidOf, buildImage, address } = containers();

beforeAll(async () => {
  await buildImage('pause', { files: { '/pause': `${inject('guests')}/pause` }, entrypoint: ['/pause'] });
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
