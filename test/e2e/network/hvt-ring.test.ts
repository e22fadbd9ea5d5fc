/** Packets of a virtual machine through the ring of Solo5 0.11: as those through hypercalls, and what a guest must not put into it. */
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { addressWords, fetched, manyRequests, ok, ping, startServer, udpEcho } from './helpers.ts';

const { docker, buildImage } = connect();
const missing = existsSync('/dev/kvm') ? '' : ' (needs /dev/kvm)';
const runtime = ['--runtime=runnc-ring'];

beforeAll(async () => {
  const guests = inject('guests');
  await buildImage('ring', {
    files: { '/ring': `${guests}/ring.hvt`, '/hello': `${guests}/hello.hvt`, '/net-device': `${guests}/net-device.hvt` },
  });
  await buildImage('netserver-hvt', {
    files: { '/netserver': `${guests}/netserver.hvt` },
    entrypoint: ['/netserver'],
    cmd: addressWords,
  });
});

const run = (args: readonly string[], name = 'runnc-ring') => docker('run', '--rm', `--runtime=${name}`, 'ring', ...args);
const forbidden = (why: string) => ({
  status: 159,
  stdout: expect.any(String),
  stderr: expect.stringMatching(new RegExp(`^runnc: hvt: the guest was stopped: ${why} \\(rip 0x1[0-9a-f]{5}\\)\\n$`)),
});
const well = (stdout: string) => ({ status: 0, stderr: '', stdout });

describe.skipIf(missing)(`a ring for network devices${missing}`, () => {
  test.each([
    [['info'], well('a ring is offered, where memory ends\n')],
    [['batch', '1'], well('taken: 1\n')],
    [['batch', '1024'], well('taken: 1024\n')],
    [['wrap', 'batch', '10', 'batch', '1024'], well('taken: 10\ntaken: 1024\n')],
    [['kick', 'batch', '3'], well('taken: 3\n')],
    [['flood'], forbidden('it put more into its ring than that holds, 0x401')],
    [['operation', '0'], forbidden('it put an operation into its ring that there is not, 0x0')],
    [['operation', '3'], forbidden('it put an operation into its ring that there is not, 0x3')],
    [['handle', '0'], forbidden('it gave a hypercall a handle of no such device, 0x0')],
    [['handle', '0xffffffff'], forbidden('it gave a hypercall a handle of no such device, 0xffffffff')],
    [['address', '0xfffffff0', '60'], forbidden('it gave a hypercall an address outside its memory, 0xfffffff0')],
    [['address', '0xffffffffffffffff', '1'], forbidden('it gave a hypercall an address outside its memory, 0xffffffffffffffff')],
  ])('%j', async (args, expected) => {
    expect(await run(['/ring', ...args])).toEqual(expected);
  });

  test('a frame that is read over the ring harms nobody but the guest', async () => {
    expect(await run(['/ring', 'read-over', 'batch', '3'])).toEqual(well('read over the ring\ntaken: 3\n'));
  });

  test('where it is not offered, a kick is a hypercall that there is not', async () => {
    expect(await run(['/ring', 'info'], 'runnc')).toEqual(well('no ring is offered, elsewhere\n'));
    expect(await run(['/hello', 'x'])).toEqual(well('Hello from a unikernel\ncommand line: <x>\n'));
  });

  test('HTTP, ping and UDP go through it', async () => {
    const server = await startServer(runtime, undefined, 'netserver-hvt');
    await server.says('serving');
    const ip = await server.address();
    expect(await fetched(`http://${ip}/`)).toBe('Hello from a unikernel on the network\n');
    ok(await ping(ip, '-c', '3'));
    expect((await udpEcho(ip, 'echo this')).stdout).toBe('echo this');
    expect((await manyRequests(`http://${ip}/`, 100, 10)).stdout).toBe('0\n');
    // More frames than the ring has places.
    const url = `http://${ip}/bytes/100000`;
    expect(await fetched(url, '--output', '/dev/null', '--write-out', '%{size_download}')).toBe('100000');
  });
});
