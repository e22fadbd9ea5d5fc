/** Ops that put a program's segments into guest memory: mapped from the file, so that containers of one image share them. */
import type { Op, Segment, TapeTools } from '../../core/plugin.ts';

const pageSize = 4096;
const down = (address: number) => Math.floor(address / pageSize) * pageSize;
const up = (address: number) => Math.ceil(address / pageSize) * pageSize;

/**
 * Maps one segment. Whole pages come from the file; where the segment goes on with zeros in its last page of file content,
 * that page is read into the (zeroed) guest memory instead. A segment that is not congruent to its file offset is read whole.
 */
export function mapSegment({ mmap, mprotect, preadExactly, MAP, PROT }: TapeTools, fd: number, segment: Segment): readonly Op[] {
  const { address, offset, fileSize, memorySize, writable } = segment;
  const start = down(address);
  const end = up(address + memorySize);
  if (end === start) return [];
  const protection = (segment.readable ? PROT.read : 0) | (writable ? PROT.write : 0) | (segment.executable ? PROT.execute : 0);
  const label = `mapping the segment at 0x${address.toString(16)}`;
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
  // Guest memory is readable and writable already.
  if (end > wholePages && protection !== (PROT.read | PROT.write)) ops.push(mprotect(wholePages, end - wholePages, protection));
  return ops;
}

/** Page-aligned end of the last segment. */
export function programEnd(segments: readonly Segment[]): number {
  return Math.max(0, ...segments.map(({ address, memorySize }) => up(address + memorySize)));
}
