/** Reads one section of an ELF file of 32 or 64 bits by its name (elf(5)). The file is somebody else's: every offset is checked. */
import { readSync } from 'node:fs';

/** Far more than a configuration has. */
const mostContent = 64 * 1024;
const mostSections = 1024;
const mostNames = 64 * 1024;

interface Layout {
  readonly header: number;
  /** Offsets in the ELF header: of the section table's offset, its entries' size, their number, and the names' index. */
  readonly table: number;
  readonly entrySize: number;
  readonly count: number;
  readonly names: number;
  /** Offsets in an entry. */
  readonly offset: number;
  readonly size: number;
  readonly least: number;
}

const layouts: Readonly<Record<number, Layout>> = {
  1: { header: 52, table: 32, entrySize: 46, count: 48, names: 50, offset: 16, size: 20, least: 40 },
  2: { header: 64, table: 40, entrySize: 58, count: 60, names: 62, offset: 24, size: 32, least: 64 },
};

/** Undefined where there is no such section, or the file is not what it says. */
export function sectionOf({ fd, size }: { readonly fd: number; readonly size: number }, wanted: string): Buffer | undefined {
  const read = (at: number, length: number): Buffer | undefined => {
    if (!(at >= 0 && length >= 0 && at + length <= size)) return undefined;
    const bytes = Buffer.alloc(length);
    return readSync(fd, bytes, 0, length, at) === length ? bytes : undefined;
  };
  const header = read(0, Math.min(size, 64));
  if (!header || header.length < 52 || header.readUInt32BE(0) !== 0x7f454c46 || header[5] !== 1) return undefined;
  const layout = layouts[header[4] ?? 0];
  if (!layout || header.length < layout.header) return undefined;
  const word = (bytes: Buffer, at: number) => (header[4] === 1 ? bytes.readUInt32LE(at) : Number(bytes.readBigUInt64LE(at)));
  const entrySize = header.readUInt16LE(layout.entrySize);
  const count = header.readUInt16LE(layout.count);
  if (entrySize < layout.least || count > mostSections) return undefined;
  const table = read(word(header, layout.table), entrySize * count);
  const content = (index: number, most: number): Buffer | undefined => {
    if (!table || index >= count) return undefined;
    const entry = table.subarray(index * entrySize, (index + 1) * entrySize);
    const length = word(entry, layout.size);
    return length > most ? undefined : read(word(entry, layout.offset), length);
  };
  const names = content(header.readUInt16LE(layout.names), mostNames);
  if (!table || !names) return undefined;
  for (let index = 0; index < count; index++) {
    const at = table.readUInt32LE(index * entrySize);
    if (names.toString('latin1', at, names.indexOf(0, at)) === wanted && at < names.length) return content(index, mostContent);
  }
  return undefined;
}
