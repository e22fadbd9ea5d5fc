/** Writes a static ELF64 executable from segments (System V ABI, "Program Loading"; elf(5)). */

export interface ElfSegment {
  /** Virtual address, a multiple of 4096. */
  readonly address: number;
  /** For the segment at the lowest file offset: with room for the ELF header at its start. */
  readonly bytes: Uint8Array;
  readonly flags: 'rx' | 'rw';
}

const pageSize = 4096;
const headerSize = 64;
const programHeaderSize = 56;
const PT_LOAD = 1;
const PT_GNU_STACK = 0x6474e551;
const flagBits = { rx: 5, rw: 6 } as const;

/**
 * An ELF file whose first segment begins with the header itself. The stack is declared not executable: without that
 * the kernel would make every readable page of the process executable.
 */
export function writeElf({
  machine,
  entry,
  segments,
}: {
  readonly machine: number;
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
}): Uint8Array {
  const offsets: number[] = [];
  let size = 0;
  for (const { bytes } of segments) {
    offsets.push(size);
    size = Math.ceil((size + bytes.length) / pageSize) * pageSize;
  }
  const file = new Uint8Array(size);
  segments.forEach(({ bytes }, index) => {
    file.set(bytes, offsets[index]);
  });
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // \x7fELF, 64 bits, little-endian, version 1
  view.setUint16(16, 2, true); // e_type: ET_EXEC
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true); // e_version
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, BigInt(headerSize), true); // e_phoff
  view.setUint16(52, headerSize, true); // e_ehsize
  view.setUint16(54, programHeaderSize, true);
  view.setUint16(56, segments.length + 1, true); // e_phnum

  const programHeader = (index: number, type: number, flags: number, offset: number, address: number, length: number) => {
    const at = headerSize + index * programHeaderSize;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, BigInt(address), true);
    view.setBigUint64(at + 24, BigInt(address), true);
    view.setBigUint64(at + 32, BigInt(length), true);
    view.setBigUint64(at + 40, BigInt(length), true);
    view.setBigUint64(at + 48, BigInt(pageSize), true);
  };
  segments.forEach(({ address, bytes, flags }, index) => {
    programHeader(index, PT_LOAD, flagBits[flags], offsets[index] ?? 0, address, bytes.length);
  });
  programHeader(segments.length, PT_GNU_STACK, flagBits.rw, 0, 0, 0);
  return file;
}
