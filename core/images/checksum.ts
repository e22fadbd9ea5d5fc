/** A checksum of files, against damage by a crash, a disk or a slip of somebody's hand; nobody but root can write there. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { dataRanges } from '../sys/data-ranges.ts';

/** Where a piece of the file begins is a multiple of this; pieces of zeros do not count, so that it is the same with and without holes. */
const pieceSize = 1 << 16;
const zeros = Buffer.alloc(pieceSize);

/** Of an image, and of what is beside it. */
export async function checksumsOf(image: string, beside: string | undefined): Promise<string> {
  return [await checksumOf(image), ...(beside === undefined ? [] : [await checksumOf(beside)])].join(', ');
}

async function checksumOf(path: string): Promise<string> {
  // Loaded only here; Node has crc32 since 20.15.
  const { crc32 } = process.getBuiltinModule('node:zlib');
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(pieceSize);
    const { size } = fstatSync(fd);
    let sum = crc32(String(size));
    let next = 0;
    for (const { start, end } of await dataRanges(fd)) {
      for (let at = Math.max(next, start - (start % pieceSize)); at < end; at += pieceSize) {
        const piece = buffer.subarray(0, readSync(fd, buffer, 0, pieceSize, at));
        if (!piece.equals(zeros.subarray(0, piece.length))) sum = crc32(piece, crc32(String(at), sum));
        next = at + pieceSize;
      }
    }
    return `crc32 ${sum.toString(16)}`;
  } finally {
    closeSync(fd);
  }
}
