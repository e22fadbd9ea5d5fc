import { expect, test } from 'vitest';
import { ringIn } from './ring.ts';

test('a ring is in the last pages of memory, where it leaves a guest what it needs to start', () => {
  expect(ringIn(0x4000000, 0x123000)).toBe(0x4000000 - 0xd000);
  const least = 0x123000 + 0x80000 + 0xd000;
  expect([ringIn(least, 0x123000), ringIn(least - 0x1000, 0x123000)]).toEqual([least - 0xd000, 0]);
});
