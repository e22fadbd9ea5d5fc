/**
 * What an aarch64 guest starts with, as Solo5's tender lays it out (tenders/hvt/hvt_cpu_aarch64.c): memory mapped one to one, the
 * first 2 MiB in small pages, what is below the boot information not at all, and hypercalls in the GiB behind 4 GiB.
 * Besides, exception vectors: Solo5's tender leaves a guest that crashes before it has set its own in a loop for ever.
 */
import { bootInfoAddress, largePage, lowStart, programStart, tables } from '../addresses.ts';

const page = 0x1000;
const gigabyte = 0x40000000;
/** Where hypercalls are: HVT_HYPERCALL_MMIO_BASE, Solo5 include/hvt_abi.h. */
const hypercalls = 0x100000000;

/** Lower halves of descriptors (Arm ARM, D8.3): the kind, AttrIndx, AP[2], SH, AF. */
const table = 3;
const memory = 0x710; // cached, inner shareable, accessed
const smallPage = memory + 3;
const block = memory + 1;
const device = 0x705;
const readOnly = 0x80;
/** Upper halves: UXN, which is always set since nobody is at EL0, and PXN. */
const executable = 0x400000;
const neverExecuted = 0x600000;

/** `mov x0, #0x100000000; str x0, [x0, #0x800]`: loop/aarch64/arch.h, EXCEPTION_ADDRESS. */
const vector = [0xd2c00020, 0xf9040000] as const;
/** Sixteen of them, 128 bytes each (Arm ARM, D1.3.1.5). */
const vectorSize = 0x80;
const vectorCount = 16;

/** Writes them for `size` bytes of memory into `low`, which begins at `lowStart`. */
export function writeTables(low: DataView, size: number): void {
  const entry = (of: number, index: number, low32: number, high32 = 0) => {
    low.setUint32(of - lowStart + index * 8, low32, true);
    low.setUint32(of - lowStart + index * 8 + 4, high32, true);
  };
  for (let index = 0; index < vectorCount; index++) {
    const at = tables.vectors - lowStart + index * vectorSize;
    for (const [position, instruction] of vector.entries()) low.setUint32(at + position * 4, instruction, true);
  }
  entry(tables.level4, 0, tables.level3 + table);
  for (let index = 0; index * gigabyte < size; index++) entry(tables.level3, index, tables.level2 + index * page + table);
  entry(tables.level3, hypercalls / gigabyte, device, hypercalls / 2 ** 32 + neverExecuted);
  entry(tables.level2, 0, tables.level1 + table);
  for (let address = largePage; address < size; address += largePage)
    entry(tables.level2, address / largePage, address + block, executable);
  entry(tables.level1, tables.vectors / page, tables.vectors + smallPage + readOnly, executable);
  for (let address = bootInfoAddress; address < programStart; address += page)
    entry(tables.level1, address / page, address + smallPage + readOnly, neverExecuted);
  for (let address = programStart; address < largePage; address += page)
    entry(tables.level1, address / page, address + smallPage, executable);
}
