/**
 * Reads the headers of an ELF64 little-endian file, never its contents. Everything in it is hostile: each offset, count and
 * size is checked before it is used. Sources: elf(5); the System V gABI, chapters "ELF Header" and "Program Header".
 */
import { RunncError } from '../errors.ts';
import type { Elf, Segment } from '../plugin.ts';
import { type Bad, type ReadAt, safe, text, view } from './elf-fields.ts';
import { PROGRAM_HEADER_SIZE, readHeader } from './elf-header.ts';
import { hex, quoted } from './quoted.ts';

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

const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_NOTE = 4;
const PF_X = 1;
const PF_W = 2;
const PF_R = 4;

// Bounds of what is read for one program; real ones have notes of some hundred bytes.
const LONGEST_INTERPRETER = 256;
const LARGEST_NOTES = 64 * 1024;

/** The headers of the file of `size` bytes behind `read`; `path` is for messages. */
export function parseElf(read: ReadAt, size: number, path: string): ParsedElf {
  const bad = (what: string, hint = 'copy or build the program again') =>
    new RunncError('ERR_ELF', `program ${quoted(path)} ${what}`, { hint });
  const file = readHeader(read, size, path, bad);
  const tableSize = file.count * PROGRAM_HEADER_SIZE;
  if (file.tableOffset > size - tableSize) {
    throw bad(
      `is truncated: its ${file.count} program headers at ${hex(file.tableOffset)} end past the file of ${hex(size)} bytes`,
    );
  }
  const table = view(read(file.tableOffset, tableSize));

  const segments: Segment[] = [];
  const notes: NoteRange[] = [];
  let notesSize = 0;
  let interpreter: string | undefined;
  for (let index = 0; index < file.count; index++) {
    const type = table.getUint32(index * PROGRAM_HEADER_SIZE, true);
    if (type !== PT_LOAD && type !== PT_INTERP && type !== PT_NOTE) continue;
    const header = headerAt(table, index, size, bad);
    const { where, offset, fileSize } = header;
    if (type === PT_LOAD) {
      const segment = segmentOf(header, bad);
      if (segment) segments.push(segment);
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
      notes.push({ offset, size: fileSize, alignment: header.alignment === 8n ? 8 : 4 });
    }
  }
  return { elf: { type: file.type, machine: file.machine, entry: file.entry, interpreter, segments }, notes };
}

/** What the program headers that we read have in common. */
interface ProgramHeader {
  /** For messages. */
  readonly where: string;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly alignment: bigint;
}

function headerAt(table: DataView, index: number, size: number, bad: Bad): ProgramHeader {
  const at = index * PROGRAM_HEADER_SIZE;
  const where = `program header ${index}`;
  const field = (name: string, offset: number) => safe(table.getBigUint64(at + offset, true), `${where} has ${name}`, bad);
  const fileSize = field('p_filesz', 32);
  // What is not in the file has no place in it: linkers leave any offset here.
  const offset = fileSize === 0 ? 0 : field('p_offset', 8);
  if (offset > size - fileSize) {
    throw bad(`is truncated: ${where} needs ${hex(fileSize)} bytes at ${hex(offset)}, the file has ${hex(size)}`);
  }
  const [flags, alignment] = [table.getUint32(at + 4, true), table.getBigUint64(at + 48, true)];
  return { where, flags, offset, address: field('p_vaddr', 16), fileSize, memorySize: field('p_memsz', 40), alignment };
}

/** A PT_LOAD as a segment, or undefined if it loads nothing. */
function segmentOf(
  { where, flags, offset, address, fileSize, memorySize, alignment }: ProgramHeader,
  bad: Bad,
): Segment | undefined {
  if (memorySize < fileSize) {
    throw bad(`is not valid: ${where} has p_memsz ${hex(memorySize)}, less than its p_filesz ${hex(fileSize)}`);
  }
  safe(BigInt(address) + BigInt(memorySize), `${where} has p_vaddr + p_memsz`, bad);
  if (memorySize === 0) return undefined;
  if ((alignment & (alignment - 1n)) !== 0n)
    throw bad(`is not valid: ${where} has p_align ${hex(alignment)}, not a power of two`);
  if (alignment > 1n && fileSize > 0 && (BigInt(address) - BigInt(offset)) % alignment !== 0n) {
    throw bad(
      `is not valid: ${where} has p_vaddr ${hex(address)} and p_offset ${hex(offset)}, which differ modulo p_align ${hex(alignment)}`,
    );
  }
  const [readable, writable, executable] = [(flags & PF_R) !== 0, (flags & PF_W) !== 0, (flags & PF_X) !== 0];
  return { offset, address, fileSize, memorySize, readable, writable, executable };
}
