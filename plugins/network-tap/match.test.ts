import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Interface } from './interfaces.ts';
import { match } from './match.ts';

const make = (name: string): Interface => ({
  name,
  mac: '02:00:00:00:00:01',
  mtu: 1500,
  addresses: [],
  routes: [],
  pointToPoint: false,
  implied: [],
  messages: { addresses: [], routes: [] },
});
const pairs = (devices: string[], interfaces: string[], named = {}, unmatched: 'error' | 'ignore' = 'error') =>
  match(devices, interfaces.map(make), { devices: named, unmatched }).map((each) => [each.device, each.interface?.name]);

test('in order, or by name', () => {
  expect(pairs(['a', 'b'], ['eth0', 'eth1'])).toEqual([
    ['a', 'eth0'],
    ['b', 'eth1'],
  ]);
  expect(pairs(['a', 'b', 'c'], ['eth0', 'eth1', 'eth2'], { c: 'eth0', other: 'eth9' })).toEqual([
    ['a', 'eth1'],
    ['b', 'eth2'],
    ['c', 'eth0'],
  ]);
});

test('what has no counterpart is an error, or left alone', () => {
  expect(() => pairs(['a', 'b'], ['eth0'])).toThrow(
    'declares the network device b, and the container has no interface for it (it has eth0)',
  );
  expect(() => pairs(['a'], [])).toThrow('(it has none)');
  expect(() => pairs(['a'], ['eth0', 'eth1'])).toThrow('nothing is behind eth1');
  expect(() => pairs(['a'], ['eth0'], { a: 'eth7' })).toThrow('is to get the interface eth7, and the container has eth0');
  expect(pairs(['a', 'b'], ['eth0'], {}, 'ignore')).toEqual([
    ['a', 'eth0'],
    ['b', undefined],
  ]);
  expect(pairs(['a'], ['eth0', 'eth1'], {}, 'ignore')).toEqual([['a', 'eth0']]);
});

test('no interface is given twice, and every device is answered', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { maxLength: 6 });
  fc.assert(
    fc.property(names, names, (devices, interfaces) => {
      const found = pairs(devices, interfaces, {}, 'ignore');
      const given = found.map(([, name]) => name).filter((name) => name !== undefined);
      expect(found.map(([device]) => device)).toEqual(devices);
      expect(new Set(given).size).toBe(given.length);
      expect(given.length).toBe(Math.min(devices.length, interfaces.length));
    }),
  );
});
