/** Ops that put a program's segments into guest memory: mapped from the file, so that containers of one image share them. */
import type { Op, Segment } from '../plugin.ts';
import { MAP, mmap, mprotect, PROT, preadExactly } from './calls.ts';

const pageSize = 4096;
const down = (address: number) => Math.floor(address / pageSize) * pageSize;
const up = (address: number) => Math.ceil(address / pageSize) * pageSize;

export interface MapProgramOptions {
  /** The program's file. */
  readonly fd: number;
  /** Where address 0 of the guest is in the process: 0 where the process is the guest. */
  readonly base: number;
  /** Whether the host's processor is to execute the program; where it does not, nothing there is executable. */
  readonly executable: boolean;
}

export interface MappedProgram {
  readonly ops: readonly Op[];
  /** Page-aligned end of the last segment, in the guest's addresses. */
  readonly end: number;
}

/** Guest memory must be mapped already: readable, writable and zero. */
export function mapProgram(segments: readonly Segment[], options: MapProgramOptions): MappedProgram {
  return {
    ops: segments.flatMap((segment) => mapSegment(segment, options)),
    end: Math.max(0, ...segments.map(({ address, memorySize }) => up(address + memorySize))),
  };
}

/**
 * Maps one segment. Whole pages come from the file; where the segment goes on with zeros in its last page of file content,
 * that page is read into guest memory instead. A segment that is not congruent to its file offset is read whole.
 */
function mapSegment(segment: Segment, { fd, base, executable }: MapProgramOptions): readonly Op[] {
  const { offset, fileSize, memorySize, writable } = segment;
  const address = base + segment.address;
  const start = down(address);
  const end = up(address + memorySize);
  if (end === start) return [];
  const protection =
    (segment.readable ? PROT.read : 0) |
    (writable ? PROT.write : 0) |
    (segment.executable ? (executable ? PROT.execute : PROT.read) : 0);
  const label = `mapping the segment at 0x${segment.address.toString(16)}`;
  const fileEnd = address + fileSize;
  const congruent = (address - offset) % pageSize === 0;
  // Bytes that follow in the file may show in the last page only where nobody can have counted on zeros.
  const wholePages = !congruent || fileSize === 0 ? start : memorySize > fileSize || writable ? down(fileEnd) : up(fileEnd);
  const ops: Op[] = [];
  if (wholePages > start) {
    const flags = MAP.private | MAP.fixed;
    ops.push(
      mmap({ address: start, size: wholePages - start, protection, flags, fd, offset: offset - (address - start) }, { label }),
    );
  }
  const readFrom = Math.max(address, wholePages);
  if (fileEnd > readFrom) ops.push(preadExactly(fd, readFrom, fileEnd - readFrom, offset + (readFrom - address), { label }));
  if (end > wholePages && protection !== (PROT.read | PROT.write)) ops.push(mprotect(wholePages, end - wholePages, protection));
  return ops;
}
