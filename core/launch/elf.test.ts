import { expect, test } from 'vitest';
import { RunncError } from '../errors.ts';
import { encodeElf, solo5Elf } from './elf.fixture.ts';
import { parseElf } from './elf.ts';
import type { ReadAt } from './elf-fields.ts';

const reader =
  (bytes: Uint8Array): ReadAt =>
  (offset, length) =>
    bytes.subarray(offset, offset + length);
const parse = (bytes: Uint8Array) => parseElf(reader(bytes), bytes.length, '/hello');

/** What parsing these bytes says. */
function refusal(bytes: Uint8Array): string {
  try {
    parse(bytes);
  } catch (error) {
    if (error instanceof RunncError) return `${error.code}: ${error.sentence}`;
    throw error;
  }
  return 'no error';
}

/** A valid program with some of its bytes replaced. */
function withBytes(offset: number, ...replaced: number[]): Buffer {
  const bytes = encodeElf(solo5Elf());
  bytes.set(replaced, offset);
  return bytes;
}

/** A valid program with a field of a program header replaced. Header 1 is text, 0 the interpreter, 5 the ABI note. */
function withField(header: number, field: 'p_offset' | 'p_vaddr' | 'p_filesz' | 'p_memsz' | 'p_align', value: bigint): Buffer {
  const bytes = encodeElf(solo5Elf());
  bytes.writeBigUInt64LE(value, 64 + header * 56 + { p_offset: 8, p_vaddr: 16, p_filesz: 32, p_memsz: 40, p_align: 48 }[field]);
  return bytes;
}

test('the headers of a Solo5 program are read, its bss included', () => {
  const { elf, notes } = parse(encodeElf(solo5Elf()));
  expect(elf).toMatchObject({ type: 2, machine: 62, entry: 0x100100n, interpreter: '/nonexistent/solo5/' });
  expect(elf.segments).toEqual([
    {
      offset: 0x1000,
      address: 0x100000,
      fileSize: 0x3000,
      memorySize: 0x3000,
      readable: true,
      writable: false,
      executable: true,
    },
    { offset: 0x4000, address: 0x103000, fileSize: 0x123, memorySize: 0x1000, readable: true, writable: true, executable: false },
    { offset: 0, address: 0x104000, fileSize: 0, memorySize: 0x2345, readable: true, writable: true, executable: false },
  ]);
  expect(notes.map(({ offset, alignment }) => [offset, alignment])).toEqual([
    [0x2000, 4],
    [0x2018, 4],
    [0x2040, 8],
  ]);
});

test('what is not ELF is named for what it is', () => {
  expect(refusal(Buffer.alloc(0))).toContain('ERR_NOT_A_UNIKERNEL: program "/hello" is an empty file; ');
  expect(refusal(Buffer.from('#!/bin/sh -e\necho\n'))).toContain(
    'ERR_NOT_A_UNIKERNEL: program "/hello" is a script for "/bin/sh -e"; ',
  );
  expect(refusal(Buffer.from('hi'))).toContain('is not an ELF file: it begins with 68 69, not 7f 45 4c 46');
  expect(refusal(Buffer.from('\x7fELF'))).toBe(
    'ERR_ELF: program "/hello" is truncated: an ELF header has 64 bytes, the file has 4; copy or build the program again',
  );
});

test('a program for another kind of processor is refused as such', () => {
  expect(refusal(withBytes(4, 1))).toContain('ERR_ARCHITECTURE: program "/hello" is a 32-bit ELF file; ');
  expect(refusal(withBytes(5, 2))).toContain('ERR_ARCHITECTURE: program "/hello" is a big-endian ELF file; ');
  expect(refusal(withBytes(4, 9))).toContain(
    'ERR_ARCHITECTURE: program "/hello" is an ELF file of no known kind (EI_CLASS 9, EI_DATA 1); ',
  );
});

test.each([
  ['e_version is 0x2', withBytes(20, 2)],
  ['has no program headers', withBytes(56, 0, 0)],
  ['has 65 program headers (e_phnum), more than 64', withBytes(56, 65, 0)],
  ['e_ehsize is 0x34 where ELF64 has 0x40', withBytes(52, 52)],
  ['program header 1 has p_align 0x3, not a power of two', withField(1, 'p_align', 3n)],
  [
    'program header 1 has p_vaddr 0x100000 and p_offset 0x1000, which differ modulo p_align 0x10000',
    withField(1, 'p_align', 0x10000n),
  ],
  ['e_phentsize is 0x20', withBytes(54, 0x20)],
  ['the ELF header has e_phoff 0xffffff0000000040', withBytes(32, 0x40, 0, 0, 0, 0, 0xff, 0xff, 0xff)],
  ['is truncated: its 7 program headers at 0x4000 end past the file of 0x4123 bytes', withBytes(32, 0, 0x40)],
  ['is truncated: program header 1 needs 0x3000 bytes at 0x1124', withField(1, 'p_offset', 0x1124n)],
  ['is truncated: program header 5 needs 0xffff bytes at 0x2018', withField(5, 'p_filesz', 0xffffn)],
  ['program header 1 has p_filesz 0xffffffffffffffff', withField(1, 'p_filesz', 2n ** 64n - 1n)],
  ['program header 1 has p_memsz 0x2fff, less than its p_filesz 0x3000', withField(1, 'p_memsz', 0x2fffn)],
  ['program header 1 has p_vaddr 0x20000000000000', withField(1, 'p_vaddr', 2n ** 53n)],
  ['program header 3 has p_vaddr + p_memsz 0x20000000000000', withField(3, 'p_memsz', 2n ** 53n - 0x104000n)],
  ['its PT_INTERP (program header 0) has 0x101 bytes, more than 256', withField(0, 'p_filesz', 0x101n)],
  ['program header 1 is a second PT_INTERP', withBytes(64 + 56, 3)],
])('ERR_ELF: %s', (sentence, bytes) => {
  expect(refusal(bytes)).toContain('ERR_ELF: program "/hello" ');
  expect(refusal(bytes)).toContain(sentence);
});

test('notes of more than 64 KiB together are not read', () => {
  const program = { ...solo5Elf(), size: 0x40000 };
  for (const header of program.headers) if (header.type === 4) header.fileSize = 0x6000;
  expect(refusal(encodeElf(program))).toContain('has notes of 0x12000 bytes at least (program header 6), more than 0x10000');
});

test('a program on a path made to deceive the terminal is named safely', () => {
  expect(() => parseElf(reader(Buffer.alloc(0)), 0, '/\u001b[2Jx\u009b\u202e"')).toThrow(
    'program "/\\u001b[2Jx\\u{9b}\\u{202e}\\"" is an empty file',
  );
});
