/**
 * The tables that an x86_64 guest starts with, as Solo5's tender lays them out (tenders/hvt/hvt_cpu_x86_64.c): memory mapped
 * one to one, the first page tables' worth of it in small pages, and what is below the boot information not at all.
 */
import { bootInfoAddress, largePage, lowStart, programStart, tables } from '../addresses.ts';

const page = 0x1000;
const gigabyte = 0x40000000;
/** Bits of an entry (Intel SDM, volume 3A, 4.5). */
const present = 1;
const writable = 2;
const large = 0x80;

/** 64-bit code and data, both of ring 0 (Intel SDM, volume 3A, 3.4.5), in selectors 8 and 16. */
const descriptors = [
  [0, 0],
  [0x0000ffff, 0x00af9900],
  [0x0000ffff, 0x00cf9300],
] as const;
export const descriptorsLimit = descriptors.length * 8 - 1;

/** Writes them for `memory` bytes into `low`, which begins at `lowStart`. */
export function writeTables(low: DataView, memory: number): void {
  const entry = (table: number, index: number, value: number) => low.setUint32(table - lowStart + index * 8, value, true);
  descriptors.forEach(([low32, high32], index) => {
    entry(tables.descriptors, index, low32);
    low.setUint32(tables.descriptors - lowStart + index * 8 + 4, high32, true);
  });
  entry(tables.level4, 0, tables.level3 + present + writable);
  for (let index = 0; index * gigabyte < memory; index++)
    entry(tables.level3, index, tables.level2 + index * page + present + writable);
  entry(tables.level2, 0, tables.level1 + present + writable);
  for (let address = largePage; address < memory; address += largePage)
    entry(tables.level2, address / largePage, address + present + writable + large);
  for (let address = bootInfoAddress; address < largePage; address += page)
    entry(tables.level1, address / page, address + present + (address < programStart ? 0 : writable));
}
