/**
 * The rules for where a Solo5 program lies in memory, stricter than ELF's. Sources: Solo5 tenders/common/elf.c (elf_load)
 * and bindings/solo5_spt.lds.
 */
import { RunncError } from '../errors.ts';
import type { Elf, Segment } from '../plugin.ts';
import { hex, quoted } from './quoted.ts';

const ET_EXEC = 2;
/** Page size of x86_64 and of the aarch64 kernels that Solo5 knows. */
export const PAGE_SIZE = 0x1000;
/** Below it are the boot information and the command line. */
export const LOWEST_ADDRESS = 0x100000;

export interface LayoutOptions {
  /** Accept segments that are writable and executable: legacy (nabla) images have one, current ones never. */
  readonly writableExecutable?: boolean;
}

/** The pages that a segment covers: `start` inclusive, `end` exclusive. */
export function pagesOf({ address, memorySize }: Segment): { readonly start: number; readonly end: number } {
  return { start: address - (address % PAGE_SIZE), end: Math.ceil((address + memorySize) / PAGE_SIZE) * PAGE_SIZE };
}

/** First page past the last segment: `kernel_end` of the boot information. Segments must have been checked. */
export function programEnd(elf: Elf): number {
  return elf.segments.reduce((end, segment) => Math.max(end, pagesOf(segment).end), 0);
}

/** Throws unless the program can be laid out as a Solo5 guest. `path` is for messages. */
export function checkSolo5Layout(elf: Elf, path: string, { writableExecutable = false }: LayoutOptions = {}): void {
  const bad = (what: string, hint = 'link it with the linker script of its Solo5 target') =>
    new RunncError('ERR_ELF', `program ${quoted(path)} cannot be loaded: ${what}`, { hint });

  if (elf.type !== ET_EXEC) throw bad(`it is not linked for fixed addresses (e_type is ${elf.type}, not 2, ET_EXEC)`);
  if (elf.segments.length === 0) throw bad('it has nothing to load (no PT_LOAD program header)');
  let end = 0;
  for (const [index, segment] of elf.segments.entries()) {
    const where = `segment ${index} at ${hex(segment.address)}`;
    const pages = pagesOf(segment);
    if (pages.start < LOWEST_ADDRESS) throw bad(`${where} lies below ${hex(LOWEST_ADDRESS)}, where Solo5 guests begin`);
    if (pages.start < end) throw bad(`${where} begins before the segment in front of it has ended, at ${hex(end)}`);
    // The tender maps the pages of the file, it does not copy them.
    if (segment.fileSize > 0 && segment.offset % PAGE_SIZE !== segment.address % PAGE_SIZE) {
      throw bad(
        `${where} is at ${hex(segment.offset)} in the file, another place in its page`,
        'link it without --nmagic and --omagic',
      );
    }
    if (segment.writable && segment.executable && !writableExecutable) throw bad(`${where} is both writable and executable`);
    end = pages.end;
  }
  const entered = elf.segments.find(({ address, memorySize }) => elf.entry >= address && elf.entry < address + memorySize);
  if (!entered?.executable) throw bad(`its entry ${hex(elf.entry)} is not inside an executable segment`);
}

/** Throws unless the program ends below the end of guest memory. */
export function checkProgramFits(elf: Elf, memory: number, path: string): void {
  const end = programEnd(elf);
  if (end < memory) return;
  const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw new RunncError(
    'ERR_MEMORY',
    `program ${quoted(path)} ends at ${hex(end)} (${mebibytes(end)}), the guest has only ${mebibytes(memory)} of memory`,
    {
      hint: 'give the container more memory',
    },
  );
}
