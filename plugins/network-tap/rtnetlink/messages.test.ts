import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAddresses } from './addresses.ts';
import { attribute, join, nested, readAttributes, readNumber, readText } from './attributes.ts';
import { readLinks } from './links.ts';
import { readRoutes } from './routes.ts';
import { addressBytes, addressText, macBytes, macOf } from './text.ts';
import { filtersOf } from './traffic.ts';

test('attributes are read as they were written', () => {
  const entry = fc.tuple(fc.integer({ min: 1, max: 0x3fff }), fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: ([type]) => type }), (entries) => {
      const bytes = join(...entries.map(([type, value]) => attribute(type, value)));
      expect(bytes.length % 4).toBe(0);
      expect([...readAttributes(bytes)].map(([type, value]) => [type, [...value]])).toEqual(
        entries.map(([type, value]) => [type, [...value]]),
      );
    }),
  );
  const inner = readAttributes(readAttributes(nested(2, attribute(1, 'u32'), attribute(3, 7))).get(2) ?? new Uint8Array());
  expect([readText(inner.get(1)), readNumber(inner.get(3))]).toEqual(['u32', 7]);
});

test('IPv6 addresses are written as RFC 5952 wants it, and read however they are written', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const text = addressText(bytes);
      expect(isIPv6(text)).toBe(true);
      expect(addressBytes(text)).toEqual(bytes);
      // What a URL makes of it follows the same rules.
      expect(`[${text}]`).toBe(new URL(`http://[${text}]/`).hostname);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 0, 1, 0xabc), { minLength: 8, maxLength: 8 }), (groups) => {
      const bytes = Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
      expect(`[${addressText(bytes)}]`).toBe(
        new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]/`).hostname,
      );
    }),
  );
});

test('IPv4 and hardware addresses', () => {
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      expect(addressText(addressBytes(text))).toBe(text);
      expect(isIPv4(addressText(addressBytes(text)))).toBe(true);
    }),
  );
  expect(macOf(macBytes('02:42:ac:11:00:02'))).toBe('02:42:ac:11:00:02');
});

test('whatever a kernel answers can be read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 200 }), (body) => {
      const socket = { request: () => [{ type: 0, body }], close: () => undefined };
      readLinks(socket);
      readAddresses(socket);
      readRoutes(socket);
      filtersOf(socket, 1);
    }),
  );
});
