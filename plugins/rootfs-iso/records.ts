/** Directory records, volume descriptors and path tables (ECMA-119, chapters 8 and 9). */
import { both16, both32, date7, sectorSize } from './numbers.ts';

/** The bytes of a record before its identifier. */
const recordHeader = 33;
const longestRecord = 254;

export const flag = { folder: 2, goesOn: 0x80 };

export interface DirectoryRecord {
  readonly identifier: Buffer;
  readonly sector: number;
  /** In bytes. */
  readonly size: number;
  readonly flags: number;
  readonly modified: number;
  readonly systemUse: Buffer;
}

const even = (value: number): number => value + (value % 2);
/** Where the system use area begins: after the identifier, at an even place. */
const before = (identifier: Buffer): number => even(recordHeader + identifier.length);

export const recordSize = (identifier: Buffer, systemUse: number): number => even(before(identifier) + systemUse);
export const roomIn = (identifier: Buffer): number => longestRecord - before(identifier);

/** ECMA-119, 9.1. */
export function directoryRecord({ identifier, sector, size, flags, modified, systemUse }: DirectoryRecord): Buffer {
  const record = Buffer.alloc(recordSize(identifier, systemUse.length));
  record[0] = record.length;
  both32(sector).copy(record, 2);
  both32(size).copy(record, 10);
  date7(modified).copy(record, 18);
  record[25] = flags;
  both16(1).copy(record, 28);
  record[32] = identifier.length;
  identifier.copy(record, recordHeader);
  systemUse.copy(record, before(identifier));
  return record;
}

/** Where in a record the fields PX and TF begin (RRIP 4.1.1, 4.1.6), which no other pushes into the continuation area. */
export function recordFields(record: Buffer): { readonly attributes: number; readonly times: number } {
  const found: Record<string, number> = {};
  for (let at = before(record.subarray(recordHeader, recordHeader + (record[32] ?? 0))); at + 4 <= record.length; ) {
    found[record.toString('latin1', at, at + 2)] ??= at;
    at += record[at + 2] || record.length;
  }
  const { PX: attributes, TF: times } = found;
  if (attributes === undefined || times === undefined) throw new Error('a record in the image has no attributes');
  return { attributes, times };
}

/** Records in sectors: none crosses a sector's end (ECMA-119, 6.8.1.1). Returns the bytes they take. */
export function packed(sizes: Iterable<number>, place?: (at: number, index: number) => void): number {
  let at = 0;
  let index = 0;
  for (const size of sizes) {
    const left = sectorSize - (at % sectorSize);
    if (size > left) at += left;
    place?.(at, index++);
    at += size;
  }
  return Math.ceil(at / sectorSize) * sectorSize;
}

export interface Volume {
  readonly sectors: number;
  readonly pathTableSize: number;
  readonly littleTable: number;
  readonly bigTable: number;
  /** Record of the root folder, without system use. */
  readonly root: Buffer;
}

/** Where the image says its size in sectors: in the primary volume descriptor (ECMA-119, 8.4.8), after the system area. */
export const volumeSizeAt = 16 * sectorSize + 80;

/** The primary volume descriptor and the terminator (ECMA-119, 8.4 and 8.3). No dates: the same tree gives the same bytes. */
export function descriptors({ sectors, pathTableSize, littleTable, bigTable, root }: Volume): Buffer {
  const bytes = Buffer.alloc(2 * sectorSize);
  bytes.set([1, ...Buffer.from('CD001'), 1]);
  // Names of systems, volumes and people: none.
  bytes.fill(' ', 8, 72).fill(' ', 190, 813);
  bytes.write('ROOTFS', 40, 'latin1');
  both32(sectors).copy(bytes, 80);
  both16(1).copy(bytes, 120);
  both16(1).copy(bytes, 124);
  both16(sectorSize).copy(bytes, 128);
  both32(pathTableSize).copy(bytes, 132);
  bytes.writeUInt32LE(littleTable, 140);
  bytes.writeUInt32BE(bigTable, 148);
  root.copy(bytes, 156);
  for (const at of [813, 830, 847, 864]) bytes.fill('0', at, at + 16);
  bytes[881] = 1;
  bytes.set([255, ...Buffer.from('CD001'), 1], sectorSize);
  return bytes;
}

export interface PathTableEntry {
  readonly identifier: Buffer;
  readonly sector: number;
  /** From 1. */
  readonly parent: number;
}

export const pathEntrySize = (identifier: Buffer): number => even(8 + identifier.length);

/** ECMA-119, 9.4. A parent's number has 16 bits: nobody who reads Rock Ridge looks here. */
export function pathTable(entries: readonly PathTableEntry[], order: 'LE' | 'BE'): Buffer {
  return Buffer.concat(
    entries.map(({ identifier, sector, parent }) => {
      const bytes = Buffer.alloc(pathEntrySize(identifier));
      bytes[0] = identifier.length;
      bytes[`writeUInt32${order}`](sector, 2);
      bytes[`writeUInt16${order}`](Math.min(parent, 0xffff), 6);
      identifier.copy(bytes, 8);
      return bytes;
    }),
  );
}
