import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Segment } from '../plugin.ts';
import * as tools from './calls.ts';
import { mapProgram } from './map-program.ts';

const map = (segments: readonly Segment[]) => mapProgram(segments, { fd: 4, base: 0, executable: true });

const page = 4096;
const pages = 6;
const base = 0x100000;
const file = Uint8Array.from({ length: pages * page }, (_, index) => (index % 251) + 1);

/** Guest memory, readable, writable and full of zeros, after the ops of one segment. */
function played(segment: Segment) {
  const memory = new Uint8Array(2 * pages * page);
  const protections = new Array<number>(2 * pages).fill(3);
  const protect = (address: number, size: number, protection: number) => {
    expect([address % page, size % page]).toEqual([0, 0]);
    protections.fill(protection, (address - base) / page, (address - base + size) / page);
  };
  for (const { call, args } of map([segment]).ops) {
    const [first, second, third, fourth, fifth, sixth] = args as number[] as [number, number, number, number, number, number];
    if (call === 'mmap') {
      expect([fourth, fifth, sixth % page]).toEqual([tools.MAP.private | tools.MAP.fixed, 4, 0]);
      const content = file.subarray(sixth, sixth + second);
      // A page past the end of the file would kill the guest when it is read.
      expect(Math.ceil(content.length / page)).toBe(Math.ceil(second / page));
      memory.fill(0, first - base, first - base + Math.ceil(second / page) * page);
      memory.set(content, first - base);
      protect(first, Math.ceil(second / page) * page, third);
    } else if (call === 'pread64') {
      // Into memory that can be written at that moment.
      const [from, to] = [Math.floor((second - base) / page), Math.ceil((second + third - base) / page)];
      expect(new Set(protections.slice(from, to))).toEqual(new Set([3]));
      memory.set(file.subarray(fourth, fourth + third), second - base);
    } else {
      expect(call).toBe('mprotect');
      protect(first, second, third);
    }
  }
  return { memory, protections };
}

const segment: fc.Arbitrary<Segment> = fc
  .record({
    pagesBefore: fc.nat(2),
    within: fc.oneof(fc.constant(0), fc.nat(page - 1)),
    skew: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(page - 1) }),
    fileSize: fc.oneof(fc.nat(3 * page), fc.constantFrom(0, page, 2 * page)),
    zeros: fc.oneof(fc.constant(0), fc.nat(2 * page)),
    writable: fc.boolean(),
    executable: fc.boolean(),
  })
  .map(({ pagesBefore, within, skew, fileSize, zeros, writable, executable }) => ({
    address: base + pagesBefore * page + within,
    offset: within + skew,
    fileSize: Math.min(fileSize, file.length - within - skew),
    memorySize: Math.min(fileSize, file.length - within - skew) + zeros,
    readable: true,
    writable,
    executable: executable && !writable,
  }));

test('any segment is in memory as the file has it, followed by zeros, with its protection', () => {
  fc.assert(
    fc.property(segment, (segment) => {
      const { memory, protections } = played(segment);
      const { address, offset, fileSize, memorySize, writable, executable } = segment;
      const start = address - base;
      expect(Buffer.compare(memory.subarray(start, start + fileSize), file.subarray(offset, offset + fileSize))).toBe(0);
      expect(memory.subarray(start + fileSize, start + memorySize).every((byte) => byte === 0)).toBe(true);
      const wanted = 1 | (writable ? 2 : 0) | (executable ? 4 : 0);
      const [first, last] = [Math.floor(start / page), Math.ceil((start + memorySize) / page)];
      if (memorySize === 0 && start % page === 0) return;
      expect(protections).toEqual(protections.map((_, index) => (index >= first && index < last ? wanted : 3)));
    }),
    { numRuns: 500 },
  );
});

test('what can be written sees nothing of the file behind its end', () => {
  const writable = {
    address: base,
    offset: 0,
    fileSize: 100,
    memorySize: 100,
    readable: true,
    writable: true,
    executable: false,
  };
  expect(
    played(writable)
      .memory.subarray(100, page)
      .every((byte) => byte === 0),
  ).toBe(true);
});

test('a segment of the page cache is mapped, and copied only where it must be', () => {
  const code = {
    address: base,
    offset: 0,
    fileSize: 2 * page + 5,
    memorySize: 2 * page + 5,
    readable: true,
    writable: false,
    executable: true,
  };
  expect(map([code]).ops.map(({ call }) => call)).toEqual(['mmap']);
  expect(map([{ ...code, writable: true, executable: false }]).ops.map(({ call }) => call)).toEqual(['mmap', 'pread64']);
  expect(map([{ ...code, fileSize: 0, memorySize: 0 }]).ops).toEqual([]);
});

test('a program ends with the page of its last segment', () => {
  const at = (address: number, memorySize: number) => ({ address, memorySize }) as Segment;
  expect(map([]).end).toBe(0);
  expect(map([at(base, 1)]).end).toBe(base + page);
  expect(map([at(base + page, page), at(base, 1)]).end).toBe(base + 2 * page);
});
