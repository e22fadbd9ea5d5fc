import { expect, test } from 'vitest';
import type { DeviceRule } from '../../../oci/resources-types.ts';
import { propertiesOf } from './annotations.ts';
import { devicesOf, inWholePercent, limitsOf } from './properties.ts';
import { withoutUnknown } from './unit.ts';

const place = (version: 1 | 2, ...controllers: readonly string[]) => ({
  ...{ version, controllers, mountPoint: `/cg/${version}` },
  directory: `/cg/${version}/a`,
});
const old = {
  id: 'web',
  directories: [place(1, 'memory'), place(1, 'cpu'), place(1, 'devices'), place(1, 'cpuset'), place(1, 'blkio')],
};
const modern = { id: 'web', directories: [place(2, 'memory', 'cpu')] };

const resources = {
  memory: { limit: 64 << 20, swap: 96 << 20, reservation: 1 << 20 },
  cpu: { shares: 1024, quota: 50_000, period: 100_000, cpus: '0-1' },
  pids: { limit: 0 },
  blockIO: { weight: 10 },
};

test('limits on a machine of version 1, and of version 2', () => {
  expect(limitsOf(old, resources)).toEqual([
    ...['MemoryLimit=67108864', 'CPUShares=1024', 'CPUQuota=50%', 'TasksMax=1', 'BlockIOWeight=10'],
  ]);
  expect(limitsOf(modern, resources)).toEqual([
    ...['MemoryMax=67108864', 'MemoryLow=1048576', 'MemorySwapMax=33554432', 'CPUWeight=39', 'CPUQuota=50%', 'TasksMax=1'],
    ...['AllowedCPUs=0-1', 'IOWeight=1'],
  ]);
});

test('what is not limited is not told, and what is unlimited is', () => {
  expect(limitsOf(modern, {})).toEqual([]);
  expect(limitsOf(modern, { memory: { limit: -1 }, cpu: { quota: -1 }, pids: { limit: -1 } })).toEqual([
    ...['MemoryMax=infinity', 'MemorySwapMax=infinity', 'CPUQuota=', 'TasksMax=infinity'],
  ]);
});

test('files of version 2 by their names, and others not', () => {
  const unified = { 'memory.high': '1000', 'pids.max': 'max', 'cpu.max': '5 10', 'memory.low': 'many', 'hugetlb.2MB.max': '1' };
  expect(limitsOf(modern, { unified })).toEqual(['MemoryHigh=1000', 'TasksMax=infinity']);
});

test.each([
  [{ quota: 12_345 }, { quota: 13_000 }, 'CPUQuota=13%'],
  [{ quota: 12_345, period: 50_000 }, { quota: 12_500, period: 50_000 }, 'CPUQuota=25%'],
  [{ quota: 1000, period: 333 }, { quota: 1003, period: 333 }, 'CPUQuota=302%'],
])('%j is rounded up to whole percent', (cpu, rounded, property) => {
  const resources = inWholePercent({ cpu });
  expect(resources.cpu).toEqual(rounded);
  expect(limitsOf(old, resources)[0]).toBe(property);
});

test('devices, where their controller is of version 1', () => {
  const rules: readonly DeviceRule[] = [
    { allow: false, access: 'rwm' },
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rw' },
    { allow: true, type: 'b', access: 'm' },
    { allow: true, type: 'c', major: 4095, access: 'rwm' },
  ];
  expect(devicesOf(old, rules)).toEqual(['DevicePolicy=strict', 'DeviceAllow=/dev/char/1:3 rw', 'DeviceAllow=block-* m']);
  expect(devicesOf(modern, rules)).toEqual([]);
  expect(devicesOf(old, [{ allow: true, access: 'rwm' }])).toEqual([]);
});

test.each([
  ['TimeoutStopUSec', 'uint64 10000000', 'TimeoutStopSec=10000000us'],
  ['TimeoutStopUSec', '@t 10000000', 'TimeoutStopSec=10000000us'],
  ['TimeoutStopSec', '10', 'TimeoutStopSec=10s'],
  ['KillSignal', '15', 'KillSignal=15'],
  ['SendSIGHUP', 'true', 'SendSIGHUP=true'],
  ['Description', "'a container'", 'Description=a container'],
  ['After', "['a.service', 'b.service']", 'After=a.service b.service'],
  ['MemoryHigh', 'uint64 5', 'MemoryHigh=5'],
])('annotation %s with %s', (name, value, property) => {
  expect(propertiesOf({ [`org.systemd.property.${name}`]: value, other: 'x' })).toEqual([property]);
});

test.each([
  ['OnFailure', "'poweroff.target'", /sets a property that a container's unit is not given/],
  ['SuccessAction', "'poweroff'", /is not given/],
  ['Requires', "['a']", /is not given/],
  ['Delegate', 'false', /is not given/],
  ['Description', 'bare words', /which is not read/],
  ['Description', "'two\nlines'", /which is not read/],
  ['KillSignal', "<'x'>", /which is not read/],
])('annotation %s with %j is refused', (name, value, sentence) => {
  expect(() => propertiesOf({ [`org.systemd.property.${name}`]: value })).toThrow(sentence);
});

test('a property that systemd is too old for is left out', () => {
  const properties = ['Delegate=yes', 'AllowedCPUs=0', 'TasksMax=1'];
  for (const said of ['Unknown assignment: AllowedCPUs=0', 'Failed: Cannot set property AllowedCPUs, or unknown property.'])
    expect(withoutUnknown(properties, said)).toEqual(['Delegate=yes', 'TasksMax=1']);
  expect(withoutUnknown(properties, 'Access denied')).toBeUndefined();
});
