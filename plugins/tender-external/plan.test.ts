import { expect, test } from 'vitest';
import * as tape from '../../core/launch/calls.ts';
import type { Launch } from '../../core/plugin.ts';
import { planProgram } from './plan.ts';

const MiB = 2 ** 20;
const plain = { memory: 64 * MiB, blocks: [], network: { devices: [] }, commandLine: '' } as unknown as Launch;
const planned = (launch: Partial<Launch>, numbers = {}) =>
  planProgram({ tape }, '/usr/bin/solo5-hvt', { ...plain, ...launch }, numbers);

test('without devices and arguments there is only the unikernel', () => {
  expect(planned({})).toEqual({
    kind: 'program',
    path: '/usr/bin/solo5-hvt',
    ops: [],
    argv: ['/usr/bin/solo5-hvt', '--mem=60', '--', '/unikernel'],
  });
});

test('the command line is one argument, whatever it says', () => {
  expect(planned({ commandLine: '--mem=1 "a  b"' }).argv.slice(2)).toEqual(['--', '/unikernel', '--mem=1 "a  b"']);
});

test.each([
  [1, 2],
  [7, 2],
  [8, 4],
  [511.4, 506],
])('of %d MiB the guest has %d: whole pages of 2 MiB, and what the tender uses is left', (memory, told) => {
  expect(planned({ memory: memory * MiB }).argv[1]).toBe(`--mem=${told}`);
});

test('block devices are named by their place, taps by the descriptor to which they are attached', () => {
  const blocks = [{ name: 'disk', path: '/images/a', readOnly: false, capacity: 512, blockSize: 512 }];
  const devices = [
    { name: 'service', tap: 'tap0', interface: undefined, mac: '02:00:00:00:00:01', mtu: 1500, addresses: [], routes: [] },
  ];
  const { argv, ops } = planned({ blocks, network: { devices, nameServers: [], searchDomains: [] } }, { 'net:service': 6 });
  expect(argv.slice(2, -2)).toEqual(['--net:service=@6', '--net-mac:service=02:00:00:00:00:01', '--block:disk=/block/disk']);
  expect(ops?.map(({ label, call, args: [fd] }) => [label, call, fd])).toEqual([['opening the tap device tap0', 'ioctl', 6]]);
});
