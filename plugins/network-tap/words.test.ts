/** The small readers and writers of text: resolv.conf, options, annotations, names. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { annotation, withAnnotations } from './annotations.ts';
import { complete, defaults } from './options.ts';
import { parseResolvConf } from './resolv-conf.ts';
import { bridgeName, isOurs, isTap, randomMac, tapName } from './tap-name.ts';

test('resolv.conf', () => {
  const text =
    '# made by an engine\nnameserver 127.0.0.11\nnameserver\tfd00::1 # second\n\nsearch a.org b.org\noptions ndots:0\n';
  expect(parseResolvConf(text)).toEqual({ nameServers: ['127.0.0.11', 'fd00::1'], searchDomains: ['a.org', 'b.org'] });
  expect(parseResolvConf('domain x.org\nsearch y.org z.org\ndomain w.org v.org')).toEqual({
    nameServers: [],
    searchDomains: ['w.org'],
  });
});

test('any resolv.conf can be read', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { nameServers, searchDomains } = parseResolvConf(text);
      expect([...nameServers, ...searchDomains].every((word) => /^\S+$/.test(word))).toBe(true);
    }),
  );
});

test('options are checked by name and value', () => {
  expect(complete({})).toEqual(defaults);
  expect(complete({ wait: 0, devices: { service: 'eth1' } })).toEqual({ ...defaults, wait: 0, devices: { service: 'eth1' } });
  for (const wrong of [
    { mode: 'magic' },
    { unmatched: 'x' },
    { wait: -1 },
    { wait: '5' },
    { devices: { a: 1 } },
    { devices: null },
    { typo: 1 },
  ]) {
    expect(() => complete(wrong as object), JSON.stringify(wrong)).toThrow(/network-tap/);
  }
});

test('annotations count where the operator left it open', () => {
  const both = { [annotation.mode]: 'none', [annotation.devices]: 'service=eth1,management=eth0' };
  expect(withAnnotations(defaults, both)).toMatchObject({ mode: 'none', devices: { service: 'eth1', management: 'eth0' } });
  const decided = { ...defaults, mode: 'redirect', devices: { service: 'eth0' } } as const;
  expect(withAnnotations(decided, both)).toMatchObject({ mode: 'redirect', devices: { service: 'eth0', management: 'eth0' } });
  expect(() => withAnnotations(defaults, { [annotation.mode]: 'x' })).toThrow('org.runnc.network.mode');
  expect(() => withAnnotations(defaults, { [annotation.devices]: 'service' })).toThrow('org.runnc.network.devices');
});

test('names of taps fit the kernel, are the same every time and differ among containers', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 64 }), fc.nat(63), (id, index) => {
      expect(tapName(id, index)).toMatch(/^rn[0-9a-f]{10}-\d{1,2}$/);
      expect(tapName(id, index)).toBe(tapName(id, index));
      const bridge = bridgeName(tapName(id, index));
      expect([isTap(tapName(id, index)), isTap(bridge), isOurs(tapName(id, index)), isOurs(bridge)]).toEqual([
        true,
        false,
        true,
        true,
      ]);
    }),
  );
  const names = Array.from({ length: 10_000 }, (_, number) => tapName(`container-${number}`, 0));
  expect(new Set(names).size).toBe(names.length);
});

test('random hardware addresses are of one station and administered locally', () => {
  for (let times = 0; times < 100; times++) expect(randomMac()).toMatch(/^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
});
