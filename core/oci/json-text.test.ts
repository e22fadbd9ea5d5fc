import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dropNulls, findNul, whereJsonBreaks } from './json-text.ts';

test.each([
  ['', 1, 1],
  ['  ', 1, 3],
  ['{', 1, 2],
  ['{"a"}', 1, 5],
  ['{"a":}', 1, 6],
  ['{a: 1}', 1, 2],
  ['[1 2]', 1, 4],
  ['[01]', 1, 2],
  ['[1,\n 2,\n nul]', 3, 2],
  ['"a\nb"', 1, 1],
  ['"\\x"', 1, 1],
  ['{} {}', 1, 4],
  ["{'a': 1}", 1, 2],
  ['[1}', 1, 3],
  ['// comment', 1, 1],
])('%j breaks at line %i, column %i', (text, line, column) => {
  expect(whereJsonBreaks(text)).toEqual({ line, column });
});

test('what JSON.parse takes does not break, and what it refuses does', () => {
  const almost = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([json, at, put]) => {
    const cut = at % (json.length + 1);
    return json.slice(0, cut) + put + json.slice(cut + 1);
  });
  const dense = fc.string({ unit: fc.constantFrom(...'{}[],:"\\ 0-1.eE+truefalsn\n'), maxLength: 12 });
  fc.assert(
    fc.property(fc.oneof(fc.json(), almost, dense), (text) => {
      expect(whereJsonBreaks(text) === undefined).toBe(isJson(text));
    }),
    { numRuns: 5000 },
  );
});

test('long strings and deep brackets are no trouble', () => {
  expect(whereJsonBreaks(`["${'a\\n'.repeat(2_000_000)}", x]`)).toEqual({ line: 1, column: 6_000_006 });
  expect(whereJsonBreaks('['.repeat(1_000_000))).toEqual({ line: 1, column: 1_000_001 });
});

test('nulls are dropped from objects at any depth, and kept in arrays', () => {
  const document = { a: null, b: [null, { c: null, d: 0 }], e: { f: { g: null } }, h: false };
  dropNulls(document);
  expect(document).toEqual({ b: [null, { d: 0 }], e: { f: {} }, h: false });
});

test('a NUL is found by its path', () => {
  expect(findNul({ a: ['x', 'y\0'], b: '\0' })).toEqual(['a', '1']);
  expect(findNul({ a: { 'k\0': 1 } })).toEqual(['a', 'k\0']);
  expect(findNul({ a: ['x'] })).toBeUndefined();
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
