import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blkioToIoWeight, sharesToWeight, swapMax, toMax } from './conversion.ts';

test('the ends of the scales meet', () => {
  expect([2, 1024, 262144].map(sharesToWeight)).toEqual([1, 39, 10000]);
  expect([10, 1000].map(blkioToIoWeight)).toEqual([1, 10000]);
});

test('weights stay in the kernel’s range and keep their order', () => {
  for (const convert of [sharesToWeight, blkioToIoWeight]) {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000 }), fc.nat({ max: 1_000_000 }), (a, b) => {
        const [low, high] = [convert(Math.min(a, b)), convert(Math.max(a, b))];
        expect(Number.isInteger(low)).toBe(true);
        expect(low).toBeGreaterThanOrEqual(1);
        expect(high).toBeLessThanOrEqual(10000);
        expect(low).toBeLessThanOrEqual(high);
      }),
    );
  }
});

test('a negative limit is none', () => {
  expect([toMax(-1), toMax(5)]).toEqual(['max', '5']);
});

test.each([
  { swap: 0, limit: 0, expected: undefined },
  { swap: 0, limit: 100, expected: undefined },
  { swap: 0, limit: -1, expected: { value: 'max' } },
  { swap: -1, limit: 100, expected: { value: 'max' } },
  { swap: 300, limit: 100, expected: { value: '200' } },
  { swap: 100, limit: 100, expected: { value: '0' } },
  { swap: 300, limit: -1, expected: { value: '300' } },
  { swap: 300, limit: 0, expected: { impossible: 'cgroup v2 needs the memory limit with it' } },
  { swap: 50, limit: 100, expected: { impossible: '50 of memory and swap together is less than the memory limit of 100' } },
])('swap $swap with memory $limit', ({ swap, limit, expected }) => {
  expect(swapMax(swap, limit)).toEqual(expected);
});
