/** Recognises kernels by their headers, which are somebody else's bytes: nothing in them is believed. */
import { readSync } from 'node:fs';

/** A multiboot header lies in the first 8192 bytes, at a multiple of four (Multiboot Specification 0.6.96, 3.1). */
const searched = 8192;
const multibootMagic = 0x1badb002;
/** Bits 0 to 15 of its flags are demands that a loader must know to meet: pages, memory, video (3.1.2). */
const knownDemands = 0b111;
/** Bit 16: the header itself says where to load what; else it is an ELF file (3.1.2). */
const hasAddresses = 1 << 16;

/**
 * @param {Pick<import('runnc/plugin').Program, 'fd' | 'size' | 'elf'>} program
 * @returns {'linux' | 'multiboot' | undefined}
 */
export function kernelKind({ fd, size, elf }) {
  // What is an ELF64 file is neither: qemu takes multiboot kernels of 32 bits only.
  if (elf.machine !== 0) return undefined;
  const start = Buffer.alloc(Math.min(size, searched));
  const length = readSync(fd, start, 0, start.length, 0);
  return kindOf(start.subarray(0, length));
}

/**
 * @param {Buffer} start
 * @returns {'linux' | 'multiboot' | undefined}
 */
export function kindOf(start) {
  if (isBzImage(start)) return 'linux';
  return isMultiboot(start) ? 'multiboot' : undefined;
}

/** `HdrS` at 0x202, 55 AA at 0x1fe, and loaded high (Linux Documentation/arch/x86/boot.rst). @param {Buffer} start */
function isBzImage(start) {
  if (start.length < 0x212) return false;
  const protocol = start.readUInt16LE(0x206);
  return (
    start.readUInt16LE(0x1fe) === 0xaa55 &&
    start.toString('latin1', 0x202, 0x206) === 'HdrS' &&
    protocol >= 0x200 &&
    (start.readUInt8(0x211) & 1) === 1
  );
}

/** @param {Buffer} start */
function isMultiboot(start) {
  const isElf32 = start.length >= 52 && start.readUInt32BE(0) === 0x7f454c46 && start.readUInt8(4) === 1;
  for (let at = 0; at + 12 <= start.length; at += 4) {
    if (start.readUInt32LE(at) !== multibootMagic) continue;
    const flags = start.readUInt32LE(at + 4);
    const checksum = start.readUInt32LE(at + 8);
    if ((multibootMagic + flags + checksum) % 2 ** 32 !== 0) continue;
    return (flags & 0xffff & ~knownDemands) === 0 && (isElf32 || (flags & hasAddresses) !== 0);
  }
  return false;
}
