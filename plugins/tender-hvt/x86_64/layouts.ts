/** The guest's descriptor table, its page tables, and what it may see of the memory below its program. */
import { bootInfoAddress, lowStart, programStart, tables } from '../addresses.ts';

export interface Layout {
  readonly descriptors: number;
  readonly level4: number;
  readonly level3: number;
  /** One page for each GiB. */
  readonly level2: number;
  /** For the first 2 MiB. */
  readonly level1: number;
  /** Start of what is written into low memory: the lowest of these. */
  readonly start: number;
  /** What is below is not there for the guest. */
  readonly mapped: number;
  /** What is below is read-only for it. */
  readonly writable: number;
}

export const layout: Layout = { ...tables, start: lowStart, mapped: bootInfoAddress, writable: programStart };

/**
 * As of 2018 (Solo5 commit 120848b, tenders/hvt/hvt_cpu_x86_64.h). Until its version 0.3 a guest could write to all of its memory,
 * and IncludeOS does: its statistics are at 0x6000, its stack ends at 0xa0000 (IncludeOS 0.11, src/platform/x86_solo5).
 */
export const legacyLayout: Layout = {
  descriptors: 0x1000,
  level4: 0x2000,
  level3: 0x3000,
  level2: 0x4000,
  level1: 0x5000,
  start: 0x1000,
  mapped: 0x6000,
  writable: 0x6000,
};
