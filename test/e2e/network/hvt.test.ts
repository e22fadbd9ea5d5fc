/** The same unikernel as a virtual machine: its packets go through hypercalls of the run loop, on the same taps. */
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { nothingLeft, traces } from '../engine/traces.ts';
import { addressWords, fetched, manyRequests, ok, ping, startServer, udpEcho } from './helpers.ts';

const { docker, buildImage, address } = connect();
const greeting = 'Hello from a unikernel on the network\n';
const image = 'netserver-hvt';
const missing = existsSync('/dev/kvm') ? '' : ' (needs /dev/kvm)';

beforeAll(async () => {
  const files = { '/netserver': `${inject('guests')}/netserver.hvt` };
  await buildImage(image, { files, entrypoint: ['/netserver'], cmd: addressWords });
});

describe.skipIf(missing)(`under hvt${missing}`, () => {
  test('HTTP by published port and by address, ping, UDP, and nothing is left', async () => {
    const before = await traces(address);
    const server = await startServer(['-p', '18090:80'], undefined, image);
    await server.says('serving');
    const ip = await server.address();
    expect(await fetched('http://127.0.0.1:18090/')).toBe(greeting);
    expect(await fetched(`http://${ip}/`)).toBe(greeting);
    ok(await ping(ip, '-c', '3'));
    expect((await udpEcho(ip, 'echo this')).stdout).toBe('echo this');
    ok(await docker('rm', '--force', server.name));
    await nothingLeft(address, before);
  });

  test('200 requests, 10 at a time, without an error, and 100 kB arrive whole', async () => {
    const server = await startServer(['-p', '18091:80'], undefined, image);
    await server.says('serving');
    expect((await manyRequests('http://127.0.0.1:18091/', 200, 10)).stdout).toBe('0\n');
    // Not more: a KVM that emulates each instruction makes some 30 kB of it in a second.
    const url = `http://${await server.address()}/bytes/100000`;
    expect(await fetched(url, '--output', '/dev/null', '--write-out', '%{size_download}')).toBe('100000');
  });
});
