import { expect, test } from 'vitest';
import { parseSize } from './sizes.ts';

test.each([
  [1048576, 1048576],
  ['1048576', 1048576],
  ['100b', 100],
  ['64k', 65536],
  ['64m', 67108864],
  ['64M', 67108864],
  ['64mb', 67108864],
  ['64MiB', 67108864],
  ['64 MiB', 67108864],
  [' 1g ', 1073741824],
  ['1.5G', 1610612736],
  ['2TiB', 2199023255552],
])('%j is %i bytes', (size, bytes) => {
  expect(parseSize(size)).toBe(bytes);
});

test.each([
  '',
  'm',
  '0',
  '0m',
  '-1m',
  '1e3',
  '0x10',
  '64 potatoes',
  '64mm',
  '1.m',
  '.5m',
  '٣m',
  '99999999t',
  '9'.repeat(400),
  0,
  -1,
  0.5,
  1e300,
  NaN,
])('%j is not a size', (size) => {
  expect(() => parseSize(size)).toThrow(expect.objectContaining({ code: 'ERR_MEMORY' }));
});

test('the sentence shows how to write one', () => {
  expect(() => parseSize('64 potatoes')).toThrow(
    expect.objectContaining({
      sentence: '"64 potatoes" is not a size; write a number of bytes, or one with k, m, g or t, such as "64m" or "512MiB"',
    }),
  );
});
