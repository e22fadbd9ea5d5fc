/** Writes small ELF files for tests: valid by default, wrong where a test says so. */
import { ENTRY_SIZE, entry } from './manifest.ts';

export interface EncodedSegment {
  type: number;
  flags: number;
  offset: number;
  address: number;
  fileSize: number;
  memorySize: number;
  alignment: number;
}

export interface EncodedElf {
  type: number;
  machine: number;
  entry: bigint;
  headers: EncodedSegment[];
  /** What lies where in the file, beside the headers. */
  contents: { offset: number; bytes: Uint8Array }[];
  size: number;
}

/** struct mft as solo5-elftool writes it. */
export function encodeManifest(devices: readonly { name: string; kind: 'block' | 'net' }[]): Buffer {
  const bytes = Buffer.alloc(8 + ENTRY_SIZE * (devices.length + 1));
  bytes.writeUInt32LE(1, 0);
  bytes.writeUInt32LE(devices.length + 1, 4);
  bytes.writeUInt32LE(2 ** 30, 8 + entry.type);
  for (const [index, { name, kind }] of devices.entries()) {
    const at = 8 + ENTRY_SIZE * (index + 1);
    bytes.write(name, at, 'latin1');
    bytes.writeUInt32LE(kind === 'block' ? 1 : 2, at + entry.type);
  }
  return bytes;
}

export function encodeNote(owner: string, type: number, content: Uint8Array): Buffer {
  const name = Buffer.from(`${owner}\0`);
  const bytes = Buffer.alloc(12 + Math.ceil(name.length / 4) * 4 + content.length);
  bytes.writeUInt32LE(name.length, 0);
  bytes.writeUInt32LE(content.length, 4);
  bytes.writeUInt32LE(type, 8);
  name.copy(bytes, 12);
  bytes.set(content, bytes.length - content.length);
  return bytes;
}

export const abiNote = (target: number, version: number): Buffer =>
  encodeNote('Solo5', 0x31494241, Buffer.from(Uint32Array.of(target, version, 0, 0).buffer));

export const manifestNote = (manifest: Uint8Array): Buffer =>
  encodeNote('Solo5', 0x3154464d, Buffer.concat([Buffer.alloc(4), manifest]));

/** A Solo5 spt program as its linker script lays it out: text with interpreter and notes, data, bss. */
export function solo5Elf(devices: readonly { name: string; kind: 'block' | 'net' }[] = [], target = 2, version = 2): EncodedElf {
  const interpreter = Buffer.alloc(24);
  interpreter.write('/nonexistent/solo5/');
  const notes = [encodeNote('OpenBSD', 1, Buffer.alloc(4)), abiNote(target, version), manifestNote(encodeManifest(devices))];
  const contents = [{ offset: 0x1000, bytes: interpreter as Uint8Array }];
  const headers: EncodedSegment[] = [
    { type: 3, flags: 4, offset: 0x1000, address: 0x100000, fileSize: 24, memorySize: 24, alignment: 8 },
    { type: 1, flags: 5, offset: 0x1000, address: 0x100000, fileSize: 0x3000, memorySize: 0x3000, alignment: 0x1000 },
    { type: 1, flags: 6, offset: 0x4000, address: 0x103000, fileSize: 0x123, memorySize: 0x1000, alignment: 0x1000 },
    { type: 1, flags: 6, offset: 0x5000, address: 0x104000, fileSize: 0, memorySize: 0x2345, alignment: 0x1000 },
  ];
  let offset = 0x2000;
  for (const [index, bytes] of notes.entries()) {
    contents.push({ offset, bytes });
    headers.push({
      type: 4,
      flags: 4,
      offset,
      address: offset - 0x1000 + 0x100000,
      fileSize: bytes.length,
      memorySize: bytes.length,
      alignment: index === 2 ? 8 : 4,
    });
    offset = Math.ceil((offset + bytes.length) / 8) * 8;
  }
  return { type: 2, machine: 62, entry: 0x100100n, headers, contents, size: 0x4123 };
}

export function encodeElf({ type, machine, entry: start, headers, contents, size }: EncodedElf): Buffer {
  const bytes = Buffer.alloc(size);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(bytes);
  bytes.writeUInt16LE(type, 16);
  bytes.writeUInt16LE(machine, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(start, 24);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(64, 52);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(headers.length, 56);
  for (const [index, header] of headers.entries()) {
    const at = 64 + index * 56;
    bytes.writeUInt32LE(header.type, at);
    bytes.writeUInt32LE(header.flags, at + 4);
    const { offset, address, fileSize, memorySize, alignment } = header;
    for (const [field, value] of [offset, address, address, fileSize, memorySize, alignment].entries()) {
      bytes.writeBigUInt64LE(BigInt(value), at + 8 + field * 8);
    }
  }
  for (const { offset, bytes: content } of contents) bytes.set(content, offset);
  return bytes;
}
