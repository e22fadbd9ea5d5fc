/** The same as Docker's user sees it: one sentence in docker's own error output, and nothing is left on the machine. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { brokenGuests } from '../guests/broken.ts';
import { containers } from './containers.ts';
import { nothingLeft, traces } from './engine/traces.ts';

const { docker, buildImage, address } = containers();
const hello = readFileSync(path.join(inject('guests'), 'hello.spt'));
const broken = brokenGuests(hello);

beforeAll(async () => {
  await buildImage('broken', { files: Object.fromEntries(broken.map(({ name, bytes }) => [`/${name}`, bytes])) });
});

test.each<[what: string, image: string, command: string[], sentence: string, expected: number]>([
  ['a Linux image', 'guests', ['/linux'], '/linux is a statically linked ELF program without Solo5 notes, not a unikernel', 125],
  ['another machine', 'broken', ['/wrong-machine'], '"/wrong-machine" is a Solo5 spt unikernel (ABI version 2) for ', 125],
  ['a truncated program', 'broken', ['/cut-in-program-headers'], 'cut-in-program-headers', 125],
  ['an unknown ABI version', 'broken', ['/abi-version-99'], 'speaks version 99 of the Solo5 spt ABI', 125],
  ['no manifest', 'broken', ['/no-manifest'], 'has no Solo5 manifest', 125],
  ['a missing program', 'guests', ['/nothing'], 'program "/nothing" is not in the image (looked for "/nothing")', 127],
  [
    'a device that is not available',
    'guests',
    ['/net-device'],
    'declares the network device service, and the container has no interface for it',
    125,
  ],
  ['too long a command line', 'guests', ['/hello', 'x'.repeat(8192)], 'the command line has 8192 bytes', 125],
])('%s', async (_what, image, command, sentence, expected) => {
  const before = await traces(address);
  const { status, stdout, stderr } = await docker('run', '--rm', '--network=none', '--runtime=runnc', image, ...command);
  expect({ status, stdout, stderr }).toEqual({ status: expected, stdout: '', stderr: expect.stringContaining(sentence) });
  const lines = stderr.split('\n').filter((line) => line !== '');
  const about = lines.filter((line) => line.includes(sentence));
  expect(about).toEqual([
    expect.stringMatching(/^docker: Error response from daemon: .*OCI runtime (?:create|start) failed: [^:].*: unknown\.?$/),
  ]);
  expect(about[0]?.split(sentence)).toHaveLength(2);
  // The rest is Docker's pointer to its help, and sometimes that it gave up waiting.
  const ofDocker = /--help|error waiting for container/;
  expect(lines.filter((line) => !about.includes(line) && !ofDocker.test(line))).toEqual([]);
  await nothingLeft(address, before);
});
