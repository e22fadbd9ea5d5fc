/** Whether an address is in a network. */
import { BlockList } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, isLinkLocal, prefixOf } from './addresses.ts';

const cases = [
  { family: 'ipv4' as const, bits: 32, address: fc.ipV4() },
  { family: 'ipv6' as const, bits: 128, address: fc.ipV6() },
];

test.each(cases)('agrees with Node about $family', ({ family, bits, address }) => {
  fc.assert(
    fc.property(address, address, fc.integer({ min: 0, max: bits }), (network, other, length) => {
      const list = new BlockList();
      list.addSubnet(network, length, family);
      expect(contains(prefixOf(`${network}/${length}`), prefixOf(other))).toBe(list.check(other, family));
    }),
  );
});

test('link-local is fe80::/10 and nothing else', () => {
  expect(['fe80::1/64', 'febf::1', 'FE90::'].map((text) => isLinkLocal(prefixOf(text)))).toEqual([true, true, true]);
  expect(['fec0::1', '169.254.1.1', '2001:db8::1', '::'].map((text) => isLinkLocal(prefixOf(text)))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
