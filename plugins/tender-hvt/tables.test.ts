/** The tables that a guest starts with, read back as a processor would. */
import { expect, test } from 'vitest';
import * as tape from '../../core/launch/calls.ts';
import { bootInfoAddress, lowStart, mostMemory, tables } from './addresses.ts';
import { lowMemory } from './boot-info.ts';
import { writeTables } from './x86_64/tables.ts';

const MiB = 2 ** 20;

function lowOf(memory: number) {
  const manifest = new Uint8Array(112).fill(7);
  const bytes = lowMemory(tape.putWord, {
    memory,
    programEnd: 0x123000,
    cyclesPerSecond: 2.5e9,
    writeTables,
    manifest,
    commandLine: 'a "b" ü',
  });
  const view = new DataView(bytes.buffer);
  return { bytes, word: (address: number) => view.getBigUint64(address - lowStart, true) };
}

/** Where a linear address leads and whether it can be written; undefined where nothing is mapped (Intel SDM, volume 3A, 4.5). */
function walk(
  word: (address: number) => bigint,
  linear: number,
): { readonly address: number; readonly writable: boolean } | undefined {
  let table = tables.level4 as number;
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
    for (const address of [0, 0x7fff, ...Object.values(tables), 0xffff]) expect(walk(word, address)).toBeUndefined();
    for (const address of [bootInfoAddress, 0xfffff]) expect(walk(word, address)).toEqual({ address, writable: false });
    if (memory < mostMemory) expect(walk(word, memory)).toBeUndefined();
  },
);

test('boot information, manifest and command line are where they say', () => {
  const { bytes, word } = lowOf(64 * MiB);
  const at = (field: number) => Number(word(bootInfoAddress + field));
  expect([at(0), at(8), at(16)]).toEqual([64 * MiB, 0x123000, 2.5e9]);
  expect([at(40), at(48)]).toEqual([0, 0]);
  expect([...bytes.subarray(at(32) - lowStart, at(32) - lowStart + 112)]).toEqual(Array(112).fill(7));
  expect(new TextDecoder().decode(bytes.subarray(at(24) - lowStart))).toBe('a "b" ü\0');
});
