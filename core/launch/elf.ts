/**
 * Reads the headers of an ELF64 little-endian file, never its contents. Everything in it is hostile: each offset, count and
 * size is checked before it is used. Sources: elf(5); the System V gABI, chapters "ELF Header" and "Program Header".
 */
import { RunncError } from '../errors.ts';
import type { Elf, Segment } from '../plugin.ts';
import { hex, quoted } from './quoted.ts';

/** Reads exactly `length` bytes at `offset`. Only ever called for bytes inside the file. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

/** Where a PT_NOTE lies in the file. */
export interface NoteRange {
  readonly offset: number;
  readonly size: number;
  /** What the notes in it are aligned to: 8 if p_align is 8, else 4. */
  readonly alignment: 4 | 8;
}

export interface ParsedElf {
  readonly elf: Elf;
  readonly notes: readonly NoteRange[];
}

const HEADER_SIZE = 64; // sizeof(Elf64_Ehdr)
const PROGRAM_HEADER_SIZE = 56; // sizeof(Elf64_Phdr)
const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_NOTE = 4;
const PF_X = 1;
const PF_W = 2;
const PF_R = 4;

// Bounds of what is read for one program; real ones have some ten headers, notes of some hundred bytes.
const MOST_PROGRAM_HEADERS = 64;
const LONGEST_INTERPRETER = 256;
const LARGEST_NOTES = 64 * 1024;

const useRunc = 'runnc starts Solo5 unikernels; a Linux image runs with --runtime=runc';
const rebuild = 'copy or build the program again';

/** The headers of the file of `size` bytes behind `read`; `path` is for messages. */
export function parseElf(read: ReadAt, size: number, path: string): ParsedElf {
  const bad = (what: string, hint = rebuild) => new RunncError('ERR_ELF', `program ${quoted(path)} ${what}`, { hint });
  const header = readHeader(read, size, path, bad);
  const tableSize = header.count * PROGRAM_HEADER_SIZE;
  if (header.tableOffset > size - tableSize) {
    throw bad(
      `is truncated: its ${header.count} program headers at ${hex(header.tableOffset)} end past the file of ${hex(size)} bytes`,
    );
  }
  const table = view(read(header.tableOffset, tableSize));

  const segments: Segment[] = [];
  const notes: NoteRange[] = [];
  let notesSize = 0;
  let interpreter: string | undefined;
  for (let index = 0; index < header.count; index++) {
    const at = index * PROGRAM_HEADER_SIZE;
    const type = table.getUint32(at, true);
    if (type !== PT_LOAD && type !== PT_INTERP && type !== PT_NOTE) continue;
    const where = `program header ${index}`;
    const field = (name: string, offset: number) => safe(table.getBigUint64(at + offset, true), `${where} has ${name}`, bad);
    const fileSize = field('p_filesz', 32);
    // What is not in the file has no place in it: linkers leave any offset here.
    const offset = fileSize === 0 ? 0 : field('p_offset', 8);
    if (offset > size - fileSize) {
      throw bad(`is truncated: ${where} needs ${hex(fileSize)} bytes at ${hex(offset)}, the file has ${hex(size)}`);
    }
    if (type === PT_LOAD) {
      const address = field('p_vaddr', 16);
      const memorySize = field('p_memsz', 40);
      if (memorySize < fileSize) {
        throw bad(`is not valid: ${where} has p_memsz ${hex(memorySize)}, less than its p_filesz ${hex(fileSize)}`);
      }
      safe(BigInt(address) + BigInt(memorySize), `${where} has p_vaddr + p_memsz`, bad);
      if (memorySize === 0) continue;
      const flags = table.getUint32(at + 4, true);
      const [readable, writable, executable] = [(flags & PF_R) !== 0, (flags & PF_W) !== 0, (flags & PF_X) !== 0];
      segments.push({ offset, address, fileSize, memorySize, readable, writable, executable });
    } else if (type === PT_INTERP) {
      if (interpreter !== undefined) throw bad(`is not valid: ${where} is a second PT_INTERP`);
      if (fileSize > LONGEST_INTERPRETER) {
        throw bad(`is not valid: its PT_INTERP (${where}) has ${hex(fileSize)} bytes, more than ${LONGEST_INTERPRETER}`);
      }
      interpreter = fileSize === 0 ? '' : text(read(offset, fileSize));
    } else if (fileSize > 0) {
      notesSize += fileSize;
      if (notesSize > LARGEST_NOTES)
        throw bad(`has notes of ${hex(notesSize)} bytes at least (${where}), more than ${hex(LARGEST_NOTES)}`);
      notes.push({ offset, size: fileSize, alignment: table.getBigUint64(at + 48, true) === 8n ? 8 : 4 });
    }
  }
  return { elf: { type: header.type, machine: header.machine, entry: header.entry, interpreter, segments }, notes };
}

type Bad = (what: string, hint?: string) => RunncError;

interface Header {
  readonly type: number;
  readonly machine: number;
  readonly entry: bigint;
  readonly tableOffset: number;
  readonly count: number;
}

function readHeader(read: ReadAt, size: number, path: string, bad: Bad): Header {
  const start = read(0, Math.min(size, HEADER_SIZE));
  const magic = start.length >= 4 && start[0] === 0x7f && text(start.subarray(1, 4)) === 'ELF';
  if (!magic) throw new RunncError('ERR_NOT_A_UNIKERNEL', `program ${quoted(path)} is ${foreign(start)}`, { hint: useRunc });
  if (size < HEADER_SIZE) throw bad(`is truncated: an ELF header has ${HEADER_SIZE} bytes, the file has ${size}`);

  const [wordClass, order] = [start[4], start[5]]; // EI_CLASS, EI_DATA
  if (wordClass !== 2 || order !== 1) {
    const what =
      wordClass === 1
        ? 'a 32-bit'
        : order === 2
          ? 'a big-endian'
          : `neither a 32-bit nor a 64-bit (EI_CLASS ${wordClass}, EI_DATA ${order})`;
    throw new RunncError('ERR_ARCHITECTURE', `program ${quoted(path)} is ${what} ELF file`, {
      hint: 'runnc starts 64-bit little-endian unikernels: build the image for this machine',
    });
  }
  const header = view(start);
  const version = header.getUint32(20, true);
  if (version !== 1) throw bad(`is not valid: e_version is ${hex(version)} where only 1 is known`);
  const count = header.getUint16(56, true);
  const entrySize = header.getUint16(54, true);
  if (count === 0) throw bad('has no program headers', 'is it an object file that was never linked?');
  if (count > MOST_PROGRAM_HEADERS) throw bad(`has ${count} program headers (e_phnum), more than ${MOST_PROGRAM_HEADERS}`);
  if (entrySize !== PROGRAM_HEADER_SIZE) {
    throw bad(`is not valid: e_phentsize is ${hex(entrySize)} where ELF64 has ${hex(PROGRAM_HEADER_SIZE)}`);
  }
  return {
    type: header.getUint16(16, true),
    machine: header.getUint16(18, true),
    entry: header.getBigUint64(24, true),
    tableOffset: safe(header.getBigUint64(32, true), 'the ELF header has e_phoff', bad),
    count,
  };
}

/** What a file is that is not ELF. */
function foreign(start: Uint8Array): string {
  if (start.length === 0) return 'an empty file';
  const line = text(start).split('\n', 1)[0] ?? '';
  if (line.startsWith('#!')) return `a script for ${quoted(line.slice(2).trim())}`;
  const bytes = [...start.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `not an ELF file: it begins with ${bytes}, not 7f 45 4c 46`;
}

/** A 64-bit field as a number; what a double cannot hold exactly is refused (user space ends at 2^47). */
function safe(value: bigint, what: string, bad: Bad): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(`is not valid: ${what} ${hex(value)}, past any file and any user space`);
  return Number(value);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes up to the first NUL, each one character: never fails, never merges two of them. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString('latin1');
}
