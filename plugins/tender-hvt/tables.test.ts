/** The tables that a guest starts with, read back as a processor would. */
import { expect, test } from 'vitest';
import * as tape from '../../core/launch/calls.ts';
import { bootInfoAddress, mostMemory } from './addresses.ts';
import { lowMemory } from './boot-info.ts';
import { legacyLowMemory } from './legacy-boot-info.ts';
import { type Layout, layout, legacyLayout } from './x86_64/layouts.ts';
import { legacyX86_64 } from './x86_64/legacy-processor.ts';
import { x86_64 } from './x86_64/processor.ts';

const MiB = 2 ** 20;

const facts = { programEnd: 0x123000, cyclesPerSecond: 2.5e9, manifest: new Uint8Array(112).fill(7), commandLine: 'a "b" ü' };
const reading = (bytes: Uint8Array, { start }: Layout) => {
  const view = new DataView(bytes.buffer);
  return (address: number) => view.getBigUint64(address - start, true);
};

function lowOf(memory: number, ring = 0) {
  const bytes = lowMemory(tape.putWord, { ...facts, memory, ring, writeTables: x86_64.writeTables });
  return { bytes, word: reading(bytes, layout) };
}

const tablesOf = ({ descriptors, level4, level3, level2, level1 }: Layout) => ({ descriptors, level4, level3, level2, level1 });

/** Where a linear address leads and whether it can be written; undefined where nothing is mapped (Intel SDM, volume 3A, 4.5). */
function walk(
  word: (address: number) => bigint,
  linear: number,
  { level4 }: Layout = layout,
): { readonly address: number; readonly writable: boolean } | undefined {
  let table = level4;
  let writable = true;
  for (const shift of [39, 30, 21, 12]) {
    const index = Math.floor(linear / 2 ** shift) % 512;
    const entry = Number(word(table + index * 8));
    if (entry % 2 === 0) return undefined;
    writable &&= (entry & 2) !== 0;
    const size = 2 ** shift;
    if (shift === 12 || (shift === 21 && (entry & 0x80) !== 0))
      return { address: Math.floor(entry / size) * size + (linear % size), writable };
    table = Math.floor(entry / 0x1000) * 0x1000;
  }
  return undefined;
}

test.each([2, 4, 512, 1024, 1026, 4096].map((mebibytes) => [mebibytes]))(
  '%i MiB are mapped one to one, and nothing behind them',
  (mebibytes) => {
    const memory = mebibytes * MiB;
    const { word } = lowOf(memory);
    for (const address of [0x100000, 0x1fffff, memory / 2 + 5, memory - 1]) {
      expect(walk(word, address)).toEqual({ address, writable: true });
    }
    for (const address of [0, 0x7fff, ...Object.values(tablesOf(layout)), 0xffff]) expect(walk(word, address)).toBeUndefined();
    for (const address of [bootInfoAddress, 0xfffff]) expect(walk(word, address)).toEqual({ address, writable: false });
    if (memory < mostMemory) expect(walk(word, memory)).toBeUndefined();
  },
);

test('boot information, manifest and command line are where they say', () => {
  const { bytes, word } = lowOf(64 * MiB);
  const at = (field: number) => Number(word(bootInfoAddress + field));
  expect([at(0), at(8), at(16)]).toEqual([64 * MiB, 0x123000, 2.5e9]);
  expect([at(40), at(48)]).toEqual([0, 0]);
  expect([...bytes.subarray(at(32) - layout.start, at(32) - layout.start + 112)]).toEqual(Array(112).fill(7));
  expect(new TextDecoder().decode(bytes.subarray(at(24) - layout.start))).toBe('a "b" ü\0');
});

test('a ring is behind what the guest takes for its memory, and mapped all the same', () => {
  const ring = 64 * MiB - 0xd000;
  const { word } = lowOf(64 * MiB, ring);
  expect([0, 40, 48].map((field) => Number(word(bootInfoAddress + field)))).toEqual([ring, 1, ring]);
  expect(walk(word, ring)).toEqual({ address: ring, writable: true });
});

test('a guest of 2018 may write to all of its memory but the tables, and finds 32 bytes of boot information', () => {
  const { writeTables } = legacyX86_64;
  const bytes = legacyLowMemory(tape.putWord, { ...facts, memory: 64 * MiB, ring: 0, writeTables });
  const word = reading(bytes, legacyLayout);
  for (const address of [0x6000, 0x9fff8, 0x100000, 64 * MiB - 1])
    expect(walk(word, address, legacyLayout)).toEqual({ address, writable: true });
  for (const address of [0, ...Object.values(tablesOf(legacyLayout)), 64 * MiB])
    expect(walk(word, address, legacyLayout)).toBeUndefined();
  expect([0, 8, 16, 24].map((field) => Number(word(bootInfoAddress + field)))).toEqual([64 * MiB, 0x123000, 0x11000, 2.5e9]);
  expect(new TextDecoder().decode(bytes.subarray(0x11000 - legacyLayout.start))).toBe('a "b" ü\0');
});
