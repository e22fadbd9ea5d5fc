/**
 * The tables that an x86_64 guest starts with, as Solo5's tender lays them out (tenders/hvt/hvt_cpu_x86_64.c): memory mapped
 * one to one, the first page tables' worth of it in small pages, and what is below a border not at all.
 */
import { largePage } from '../addresses.ts';
import type { Layout } from './layouts.ts';

const page = 0x1000;
const gigabyte = 0x40000000;
/** Bits of an entry (Intel SDM, volume 3A, 4.5). */
const bits = { present: 1, writable: 2, large: 0x80 } as const;

/** 64-bit code and data, both of ring 0 (Intel SDM, volume 3A, 3.4.5), in selectors 8 and 16. */
const segmentDescriptors = [
  [0, 0],
  [0x0000ffff, 0x00af9900],
  [0x0000ffff, 0x00cf9300],
] as const;
export const descriptorsLimit = segmentDescriptors.length * 8 - 1;

/** Writes them for `memory` bytes into `low`, which begins at `layout.start`. */
export function writeTables(low: DataView, memory: number, layout: Layout): void {
  const { descriptors, level4, level3, level2, level1, start, mapped, writable } = layout;
  const entry = (table: number, index: number, value: number) => low.setUint32(table - start + index * 8, value, true);
  segmentDescriptors.forEach(([low32, high32], index) => {
    entry(descriptors, index, low32);
    low.setUint32(descriptors - start + index * 8 + 4, high32, true);
  });
  entry(level4, 0, level3 + bits.present + bits.writable);
  for (let index = 0; index * gigabyte < memory; index++)
    entry(level3, index, level2 + index * page + bits.present + bits.writable);
  entry(level2, 0, level1 + bits.present + bits.writable);
  for (let address = largePage; address < memory; address += largePage)
    entry(level2, address / largePage, address + bits.present + bits.writable + bits.large);
  for (let address = mapped; address < largePage; address += page)
    entry(level1, address / page, address + bits.present + (address < writable ? 0 : bits.writable));
}
