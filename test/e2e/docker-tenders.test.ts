/** One image with a program for each tender, and two runtimes in daemon.json that prefer one each. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { containers } from './containers.ts';

const { docker, buildImage } = containers();
const missing = existsSync('/dev/kvm') ? '' : ' (needs /dev/kvm)';
const image = 'guests-both';

beforeAll(async () => {
  const program = (name: string) => path.join(inject('guests'), name);
  await buildImage(image, {
    files: {
      '/state.spt': program('start-state.spt'),
      '/state.hvt': program('start-state.hvt'),
      '/only-spt': program('hello.spt'),
      '/only-hvt.hvt': program('hello.hvt'),
    },
  });
});

beforeAll(async () => {
  const program = (name: string) => path.join(inject('guests'), name);
  await buildImage('guests-listed', {
    files: {
      '/bin/process': program('start-state.spt'),
      '/boot/machine': program('start-state.hvt'),
      '/runnc.json': Buffer.from('{"programs": {"spt": "/bin/process", "hvt": "/boot/machine"}}'),
    },
    entrypoint: ['/state'],
  });
});

const run = (runtime: string, name: string) => docker('run', '--rm', `--runtime=${runtime}`, image, name);
/** Where boot information is tells the tender: spt has it at 0x11000, hvt at 0x10000. */
const by = { spt: expect.stringContaining('argument: 0x11000\n'), hvt: expect.stringContaining('argument: 0x10000\n') };

test.skipIf(missing)(`--runtime=runnc-hvt takes the program for hvt where there are two${missing}`, async () => {
  expect(await run('runnc-hvt', '/state')).toMatchObject({ status: 0, stdout: by.hvt });
  expect(await run('runnc-hvt', '/state.spt')).toMatchObject({ status: 0, stdout: by.hvt });
});

test.skipIf(missing)(`what there is only one of runs by either runtime${missing}`, async () => {
  for (const runtime of ['runnc', 'runnc-hvt']) {
    for (const name of ['/only-spt', '/only-hvt']) {
      expect(await run(runtime, name)).toMatchObject({ status: 0, stdout: expect.stringContaining('Hello from a unikernel') });
    }
  }
});

test('the other runtime takes the program that is named, and spt where none is', async () => {
  expect(await run('runnc', '/state')).toMatchObject({ status: 0, stdout: by.spt });
  expect(await run('runnc', '/state.spt')).toMatchObject({ status: 0, stdout: by.spt });
});

test.skipIf(missing)(`an image may list its programs, and runnc.config chooses${missing}`, async () => {
  const listed = (runtime: string) => docker('run', '--rm', `--runtime=${runtime}`, 'guests-listed');
  expect(await listed('runnc')).toMatchObject({ status: 0, stdout: by.spt });
  expect(await listed('runnc-hvt')).toMatchObject({ status: 0, stdout: by.hvt });
});
