/** The ELF header: is this a file that we can read at all? Source: elf(5), Elf64_Ehdr. */
import { RunncError } from '../errors.ts';
import { type Bad, type ReadAt, safe, text, view } from './elf-fields.ts';
import { hex, quoted } from './quoted.ts';

const HEADER_SIZE = 64; // sizeof(Elf64_Ehdr)
export const PROGRAM_HEADER_SIZE = 56; // sizeof(Elf64_Phdr)
const ELFCLASS32 = 1;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const ELFDATA2MSB = 2;
/** Real programs have about ten. */
const MOST_PROGRAM_HEADERS = 64;

export interface Header {
  readonly type: number;
  readonly machine: number;
  readonly entry: bigint;
  /** Where the program headers begin. */
  readonly tableOffset: number;
  /** How many program headers there are. */
  readonly count: number;
}

/** Reads the header. What is not ELF at all is ERR_NOT_A_UNIKERNEL; 32-bit and big-endian files are ERR_ARCHITECTURE. */
export function readHeader(read: ReadAt, size: number, path: string, bad: Bad): Header {
  const start = read(0, Math.min(size, HEADER_SIZE));
  if (!Buffer.from(start.subarray(0, 4)).equals(Buffer.from('\x7fELF'))) {
    throw new RunncError('ERR_NOT_A_UNIKERNEL', `program ${quoted(path)} is ${foreign(start)}`, {
      hint: 'runnc starts Solo5 unikernels; a Linux image runs with --runtime=runc',
    });
  }
  if (size < HEADER_SIZE) throw bad(`is truncated: an ELF header has ${HEADER_SIZE} bytes, the file has ${size}`);
  const header = view(start);
  checkKind(header.getUint8(4), header.getUint8(5), path);
  const version = header.getUint32(20, true);
  if (version !== 1) throw bad(`is not valid: e_version is ${hex(version)} where only 1 is known`);
  const ownSize = header.getUint16(52, true);
  if (ownSize !== HEADER_SIZE) throw bad(`is not valid: e_ehsize is ${hex(ownSize)} where ELF64 has ${hex(HEADER_SIZE)}`);
  const count = header.getUint16(56, true);
  if (count === 0) throw bad('has no program headers', 'is it an object file that was never linked?');
  if (count > MOST_PROGRAM_HEADERS) throw bad(`has ${count} program headers (e_phnum), more than ${MOST_PROGRAM_HEADERS}`);
  const entrySize = header.getUint16(54, true);
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

/** EI_CLASS and EI_DATA: the fields after them are laid out as these two say. */
function checkKind(wordClass: number, order: number, path: string): void {
  if (wordClass === ELFCLASS64 && order === ELFDATA2LSB) return;
  let what = `an ELF file of no known kind (EI_CLASS ${wordClass}, EI_DATA ${order})`;
  if (wordClass === ELFCLASS32) what = 'a 32-bit ELF file';
  else if (order === ELFDATA2MSB) what = 'a big-endian ELF file';
  throw new RunncError('ERR_ARCHITECTURE', `program ${quoted(path)} is ${what}`, {
    hint: 'runnc starts 64-bit little-endian unikernels: build the image for this machine',
  });
}

/** What a file is that is not ELF. */
function foreign(start: Uint8Array): string {
  if (start.length === 0) return 'an empty file';
  const line = text(start).split('\n', 1)[0] ?? '';
  if (line.startsWith('#!')) return `a script for ${quoted(line.slice(2).trim())}`;
  const bytes = [...start.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `not an ELF file: it begins with ${bytes}, not 7f 45 4c 46`;
}
