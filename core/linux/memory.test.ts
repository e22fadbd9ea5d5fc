import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guestMemory } from './memory.ts';

const MiB = 2 ** 20;

test('without a limit a guest gets what is configured, in whole pages', () => {
  expect(guestMemory(512 * MiB, undefined)).toBe(512 * MiB);
  expect(guestMemory(512 * MiB + 4095, undefined)).toBe(512 * MiB);
});

test('whatever the limit, the guest, its page tables and what the kernel charges beside them fit into it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3 * MiB, max: 2 ** 46 }), (limit) => {
      const memory = guestMemory(1, limit);
      expect(memory % 4096).toBe(0);
      // A page table of 4096 bytes maps 2 MiB, one above it 1 GiB, and so on.
      const tables = [2 * MiB, 2 ** 30, 2 ** 39].reduce((sum, size) => sum + 4096 * Math.ceil(memory / size), 0);
      expect(memory + tables + 300 * 1024).toBeLessThanOrEqual(limit + 3 * 4096);
      // And no more than that is kept from the guest.
      expect(memory).toBeGreaterThan(limit - limit / 400 - MiB);
    }),
  );
});

test.each([
  [MiB, undefined, 'the memory setting leaves the guest 1048576 bytes, and 2097152 are the least; raise memory in runnc.config'],
  [512 * MiB, 6 * MiB, undefined],
  [
    512 * MiB,
    2 * MiB,
    'the memory limit of 2097152 bytes leaves the guest 1564672 bytes, and 2097152 are the least; raise the limit (docker run -m)',
  ],
  [
    512 * MiB,
    4096,
    'the memory limit of 4096 bytes leaves the guest 0 bytes, and 2097152 are the least; raise the limit (docker run -m)',
  ],
])('%i configured and a limit of %s: %s', (preset, limit, sentence) => {
  if (sentence === undefined) expect(guestMemory(preset, limit)).toBeGreaterThan(2 * MiB);
  else expect(() => guestMemory(preset, limit)).toThrow(expect.objectContaining({ code: 'ERR_MEMORY', sentence }));
});
