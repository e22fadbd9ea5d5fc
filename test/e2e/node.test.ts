/** The same source on Node, as an engine's runtime. */
import path from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { connect } from './engine/connect.ts';
import { nothingLeft, traces } from './engine/traces.ts';

const { docker, buildImage, address } = connect();

test('runs a unikernel on Node 20 as well, and leaves nothing', async () => {
  await buildImage('hello-on-node', { files: { '/hello': path.join(inject('guests'), 'hello.spt') }, entrypoint: ['/hello'] });
  onTestFinished(async () => {
    await docker('rmi', 'hello-on-node');
  });
  const before = await traces(address);
  expect(await docker('run', '--rm', '--runtime=runnc-node', 'hello-on-node', 'from', 'Node')).toEqual({
    stdout: 'Hello from a unikernel\ncommand line: <from Node>\n',
    stderr: '',
    status: 0,
  });
  await nothingLeft(address, before);
});
