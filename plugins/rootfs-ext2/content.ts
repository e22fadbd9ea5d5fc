/** What is in a file of an image, compared with a file of the host, or written to one. */
import { readSync, writeSync } from 'node:fs';
import type { Found, Image } from './read.ts';

const chunk = 1 << 20;
const zeros = Buffer.alloc(chunk);

/** Holes are zeros. The sizes are known to be the same. */
export function isSameContent(image: Image, guest: Found, fd: number): boolean {
  const buffer = Buffer.allocUnsafe(chunk);
  let position = 0;
  let same = true;
  const isZeroTo = (end: number) => {
    while (same && position < end) {
      const length = Math.min(chunk, end - position);
      same = isThere(fd, position, zeros.subarray(0, length), buffer);
      position += length;
    }
  };
  image.pieces(guest, (at, bytes) => {
    if (!same) return;
    isZeroTo(at);
    same &&= isThere(fd, at, bytes, buffer);
    position = at + bytes.length;
  });
  isZeroTo(guest.inode.size);
  return same;
}

function isThere(fd: number, at: number, bytes: Buffer, buffer: Buffer): boolean {
  for (let done = 0; done < bytes.length; ) {
    const got = readSync(fd, buffer, 0, Math.min(chunk, bytes.length - done), at + done);
    if (got === 0 || !buffer.subarray(0, got).equals(bytes.subarray(done, done + got))) return false;
    done += got;
  }
  return true;
}

/** Holes stay holes. */
export function writeContent(image: Image, guest: Found, fd: number): void {
  image.pieces(guest, (at, bytes) => {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
  });
}
