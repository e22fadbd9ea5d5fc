/** Guests that must be refused for their ELF file: cut short, not of our kind, or laid out so that it cannot be loaded. */
import {
  type FileFields,
  type HeaderFields,
  noteType,
  note as noteWith,
  programHeader,
  read,
  segment,
  withFile,
  withHeader,
} from './elf-edit.ts';
import type { Variant } from './variant.ts';

const page = 0x1000;
/** spt_abi.h, hvt_abi.h: GUEST_MIN_BASE. */
const lowest = 0x100000;
const top = 0xffff_ffff_ffff_ffffn;
const accepts = { solo5: 'accepts' } as const;

/** Not the whole file, or not such a file. */
export function brokenFiles(good: Buffer): Variant[] {
  const data = segment(good, 2);
  const manifest = read(good, noteWith(good, noteType.manifest), 'offset');
  const cut = (name: string, length: number, what: string): Variant => ({ name, bytes: good.subarray(0, length), what });
  return [
    cut('empty', 0, 'no bytes at all'),
    cut('cut-in-magic', 3, 'three of the four magic bytes'),
    cut('cut-in-file-header', 40, 'ends within the file header'),
    cut('cut-after-file-header', 64, 'ends before the program headers'),
    cut('cut-in-program-headers', 64 + 3 * 56 + 20, 'ends within the program headers'),
    cut('cut-before-segments', page / 2, 'ends before the first segment'),
    cut('cut-in-note-header', manifest + 10, 'ends within the header of the manifest note'),
    cut('cut-in-manifest', manifest + 60, 'ends within the manifest'),
    cut('cut-in-last-segment', read(good, data, 'offset') + 1, 'ends within the bytes of the last segment'),
    { name: 'script', bytes: Buffer.from('#!/bin/sh\necho hello\n'), what: 'a shell script' },
    { name: 'zeros', bytes: Buffer.alloc(good.length), what: 'nothing but zeros' },
  ];
}

/** The file header. */
export function brokenHeaders(good: Buffer): Variant[] {
  const file = (name: string, fields: FileFields, what: string): Variant => ({
    name,
    bytes: withFile(good, fields),
    what,
  });
  const aarch64 = 183;
  const riscv = 243;
  const machine = good.readUInt16LE(18) === aarch64 ? 62 : aarch64;
  return [
    file('wrong-machine', { machine }, 'for the other of our two processors'),
    file('unknown-machine', { machine: riscv }, 'for a processor that Solo5 does not know'),
    file('class-32', { class: 1 }, 'says that it is a 32-bit file'),
    file('big-endian', { byteOrder: 2 }, 'says that its numbers are big-endian'),
    file('elf-version', { version: 2 }, 'of an ELF version that does not exist'),
    file('shared-object', { type: 3 }, 'position-independent (ET_DYN)'),
    file('object-file', { type: 1 }, 'not linked (ET_REL)'),
    file('file-header-size', { headerSize: 52 }, 'states the size of a 32-bit file header'),
    file('program-header-size', { headersSize: 32 }, 'states the size of 32-bit program headers'),
    file('no-program-headers', { headersCount: 0 }, 'has no program headers'),
    file('huge-program-header-count', { headersCount: 0xffff }, 'states 65535 program headers (PN_XNUM)'),
    file('program-headers-past-end', { headersOffset: good.length + page }, 'its program headers lie past the end of the file'),
    file('program-headers-overflow', { headersOffset: top - 63n }, 'the end of its program headers overflows 64 bits'),
    file('entry-zero', { entry: 0 }, 'starts at address 0'),
    file('entry-low', { entry: lowest - 0x1000 }, 'starts below the lowest address of a guest'),
    file('entry-outside', { entry: 1n << 40n }, 'starts at 1 TiB, outside of its memory'),
    { ...file('entry-not-in-segment', { entry: 0x300000 }, 'starts in no segment'), ...accepts },
    { ...file('entry-in-data', { entry: read(good, segment(good, 2), 'address') }, 'starts in its data'), ...accepts },
  ];
}

/** What is to be loaded. */
export function brokenSegments(good: Buffer): Variant[] {
  const text = segment(good, 0);
  const constants = segment(good, 1);
  const data = segment(good, 2);
  const change = (name: string, which: number, fields: HeaderFields, what: string): Variant => ({
    name,
    bytes: withHeader(good, which, fields),
    what,
  });
  const notLoaded = [text, constants, data].reduce((elf, which) => withHeader(elf, which, { type: programHeader.null }), good);
  return [
    { name: 'no-segments', bytes: notLoaded, what: 'has nothing to load', ...accepts },
    change('writable-and-executable', data, { flags: 7 }, 'has a segment that is writable and executable'),
    change('writable-text', text, { flags: 7 }, 'has text that is writable'),
    change('overlapping', constants, { address: read(good, text, 'address') }, 'has two segments at the same address'),
    change('overlapping-in-memory', text, { memorySize: 2 * page }, 'has a segment that reaches into the next one'),
    change('descending', data, { address: lowest }, 'has segments whose addresses do not ascend'),
    change('segment-low', text, { address: lowest - page }, 'has a segment below 0x100000'),
    change('segment-at-zero', text, { address: 0 }, 'has a segment at address 0'),
    change(
      'segment-past-end',
      data,
      { fileSize: good.length, memorySize: good.length },
      'has a segment that ends past the end of the file',
    ),
    change('segment-offset-past-end', data, { offset: 1 << 30 }, 'has a segment that begins past the end of the file'),
    change('segment-offset-overflow', data, { offset: top - 0xfffn }, 'has a segment whose end in the file overflows 64 bits'),
    change('memory-below-file-size', text, { memorySize: 1 }, 'has a segment that is smaller in memory than in the file'),
    change('memory-size-overflow', data, { memorySize: top }, 'has a segment whose end overflows 64 bits'),
    change(
      'memory-size-round-up-overflow',
      data,
      { memorySize: top - BigInt(read(good, data, 'address')) },
      'has a segment whose end overflows when rounded up to a page',
    ),
    change('memory-size-huge', data, { memorySize: 1n << 44n }, 'has a segment of 16 TiB'),
    change('address-overflow', data, { address: top - 0xfffn }, 'has a segment at the very end of the address space'),
    change(
      'address-not-aligned',
      data,
      { address: read(good, data, 'address') + 0x10, align: 1 },
      'has a segment that does not begin on a page',
    ),
    change('align-zero', text, { align: 0 }, 'has a segment with an alignment of 0'),
    change('align-odd', text, { align: 3 }, 'has a segment whose alignment is no power of 2'),
    change('align-huge', text, { align: 1n << 63n }, 'has a segment aligned to half of the address space'),
  ];
}
