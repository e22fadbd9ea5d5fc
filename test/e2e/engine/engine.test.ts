/** The fixture itself, with Debian's runc: what fails here is the fixture's fault, not that of runnc. */
import path from 'node:path';
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { connect } from './connect.ts';
import { nothingLeft, traces } from './traces.ts';

const { docker, buildImage, onHost, address } = connect();

beforeAll(async () => {
  const files = { '/linux': path.join(inject('guests'), 'linux') };
  await buildImage('linux', { files, entrypoint: ['/linux'] });
});

test('runs a Linux program with runc and leaves nothing', async () => {
  const before = await traces(address);
  const { status } = await docker('run', '--rm', 'linux');
  expect(status).toBe(0);
  await nothingLeft(address, before);
});

test('builds images whose arguments and environment arrive byte for byte', async () => {
  const files = { '/bin/a b': new TextEncoder().encode('x') };
  const entrypoint = ['/x', 'a b', '{"c": "$D"}'];
  await buildImage('quoted', { files, entrypoint, cmd: ["'e'"], env: { F: 'g "h" $i \\j' }, labels: { 'k.l': 'm n' } });
  onTestFinished(async () => {
    await docker('rmi', 'quoted');
  });
  const { stdout } = await docker('image', 'inspect', '--format', '{{json .Config}}', 'quoted');
  expect(JSON.parse(stdout)).toMatchObject({ Entrypoint: entrypoint, Cmd: ["'e'"], Labels: { 'k.l': 'm n' } });
  expect(JSON.parse(stdout).Env).toContain('F=g "h" $i \\j');
});

test('has a bridge of its own', async () => {
  expect((await onHost('ip', '-brief', 'link')).stdout).toContain('docker0');
});
