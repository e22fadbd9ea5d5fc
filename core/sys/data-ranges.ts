/** Where a file has data and where holes (lseek(2), SEEK_DATA and SEEK_HOLE). */
import { fstatSync } from 'node:fs';
import { libc } from './libc.ts';

const SEEK_DATA = 3; // linux/fs.h
const SEEK_HOLE = 4;
const ENXIO = 6; // asm-generic/errno-base.h
/** What stat(2) counts blocks in. */
const statBlock = 512;

export interface Range {
  /** In bytes. */
  readonly start: number;
  readonly end: number;
}

/** The parts of an open file that are no holes, in order. A file without holes costs one system call. */
export async function dataRanges(fd: number): Promise<readonly Range[]> {
  const { size, blocks } = fstatSync(fd);
  if (blocks * statBlock >= size) return [{ start: 0, end: size }];
  const { call, raw } = await libc();
  const ranges: Range[] = [];
  for (let at = 0; at < size; ) {
    const { result: start, errno } = raw('lseek', fd, at, SEEK_DATA);
    if (start === -1 && errno === ENXIO) break;
    // An error is thrown by the second call.
    const end = call('looking for holes in a file', 'lseek', fd, start === -1 ? at : start, SEEK_HOLE);
    ranges.push({ start, end });
    at = end;
  }
  return ranges;
}
