/** Changes single fields of a guest's ELF file, to make the variants that tests need. Offsets are those of elf(5). */

/** Fields of the file header: [offset, bytes]. */
const file = {
  class: [4, 1],
  byteOrder: [5, 1],
  type: [16, 2],
  machine: [18, 2],
  version: [20, 4],
  entry: [24, 8],
  headersOffset: [32, 8],
  headerSize: [52, 2],
  headersSize: [54, 2],
  headersCount: [56, 2],
} as const;

/** Fields of a program header. */
const header = {
  type: [0, 4],
  flags: [4, 4],
  offset: [8, 8],
  address: [16, 8],
  fileSize: [32, 8],
  memorySize: [40, 8],
  align: [48, 8],
} as const;

type Field = readonly [offset: number, size: number];
export type FileFields = Partial<Record<keyof typeof file, number | bigint>>;
export type HeaderFields = Partial<Record<keyof typeof header, number | bigint>>;

export const programHeader = { null: 0, load: 1, interpreter: 3, note: 4, tls: 7, gnuStack: 0x6474e551 } as const;
/** elf_abi.h, mft_abi.h: "ABI1" and "MFT1" as numbers. */
export const noteType = { abi: 0x31494241, manifest: 0x3154464d } as const;
/** Where the descriptor begins in a Solo5 note, after sizes, type and the padded owner. */
export const noteHeaderSize = 20;

const headersAt = 64;
const headerSize = 56;

/** A copy with some fields of the file header changed. */
export function withFile(elf: Buffer, fields: FileFields): Buffer {
  const copy = Buffer.from(elf);
  for (const [name, value] of Object.entries(fields)) write(copy, 0, file[name as keyof typeof file], value);
  return copy;
}

/** A copy with some fields of a program header changed; `which` counts from 0, see `segment`, `note` and `other`. */
export function withHeader(elf: Buffer, which: number, fields: HeaderFields): Buffer {
  const copy = Buffer.from(elf);
  const at = headersAt + which * headerSize;
  for (const [name, value] of Object.entries(fields)) write(copy, at, header[name as keyof typeof header], value);
  return copy;
}

/** A copy with bytes replaced. */
export function withBytes(elf: Buffer, at: number, bytes: Uint8Array): Buffer {
  const copy = Buffer.from(elf);
  copy.set(bytes, at);
  return copy;
}

export function read(elf: Buffer, which: number, name: keyof typeof header): number {
  const [offset, size] = header[name];
  const at = headersAt + which * headerSize + offset;
  return size === 8 ? Number(elf.readBigUInt64LE(at)) : elf.readUInt32LE(at);
}

/** The program header of the n-th PT_LOAD: text, constants, data. */
export function segment(elf: Buffer, n: number): number {
  return nth(elf, (which) => read(elf, which, 'type') === programHeader.load, n);
}

/** The program header of a note, by the note's type. */
export function note(elf: Buffer, type: number): number {
  const isIt = (which: number) =>
    read(elf, which, 'type') === programHeader.note && elf.readUInt32LE(read(elf, which, 'offset') + 8) === type;
  return nth(elf, isIt, 0);
}

/** The first program header of a type. */
export function other(elf: Buffer, type: number): number {
  return nth(elf, (which) => read(elf, which, 'type') === type, 0);
}

/** A copy whose note has another content, appended to the file. */
export function withNote(elf: Buffer, type: number, descriptor: Buffer, descriptorSize = descriptor.length): Buffer {
  const which = note(elf, type);
  const at = Math.ceil(elf.length / 8) * 8;
  const head = Buffer.alloc(noteHeaderSize);
  head.writeUInt32LE(6, 0);
  head.writeUInt32LE(descriptorSize, 4);
  head.writeUInt32LE(type, 8);
  head.write('Solo5', 12);
  const size = head.length + descriptor.length;
  const longer = Buffer.concat([elf, Buffer.alloc(at - elf.length), head, descriptor]);
  return withHeader(longer, which, { offset: at, fileSize: size, memorySize: size });
}

function nth(elf: Buffer, isIt: (which: number) => boolean, n: number): number {
  const count = elf.readUInt16LE(file.headersCount[0]);
  const found = Array.from({ length: count }, (_, which) => which).filter(isIt)[n];
  if (found === undefined) throw new Error('this guest has no such program header');
  return found;
}

function write(target: Buffer, base: number, [offset, size]: Field, value: number | bigint): void {
  if (size === 8) target.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), base + offset);
  else target.writeUIntLE(Number(value), base + offset, size);
}
