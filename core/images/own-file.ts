/** From the cached image to the container's own file. */
import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dataRanges } from '../sys/data-ranges.ts';

const bufferSize = 1 << 20;
const { O_WRONLY, O_CREAT, O_EXCL, COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = constants;

/** The cached file under another name: no copy, and removing it from the cache takes nothing from the container. */
export async function share(image: string, path: string): Promise<void> {
  try {
    linkSync(image, path);
  } catch (error) {
    // Another file system, or too many containers of one image.
    if (!['EXDEV', 'EMLINK', 'EPERM'].includes(codeOf(error))) throw error;
    await copy(image, path);
  }
}

/** A reflink where the file system has them, else a copy with the same holes. */
export async function copy(image: string, path: string): Promise<void> {
  const fd = openSync(image, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size, blocks } = fstatSync(fd);
    const hasHoles = blocks * 512 < size;
    copyFileSync(image, path, COPYFILE_EXCL | (hasHoles ? COPYFILE_FICLONE_FORCE : COPYFILE_FICLONE));
  } catch (error) {
    rmSync(path, { force: true });
    if (!['ENOTSUP', 'EOPNOTSUPP', 'ENOTTY', 'EINVAL', 'EXDEV', 'ENOSYS'].includes(codeOf(error))) throw error;
    await copyData(fd, path);
  } finally {
    closeSync(fd);
  }
}

/** Of memory, and of a block at least in file systems with reflinks. */
const pageSize = 4096;

/**
 * Writes the pages at these places anew, with what the image has there. A reflink has nothing in memory, and to write a part of a page the kernel
 * would read it from the disk first; the image's own pages have been in memory since it was built.
 */
export function bring(image: string, path: string, places: readonly number[]): void {
  const from = openSync(image, constants.O_RDONLY | constants.O_NOFOLLOW);
  const to = openSync(path, O_WRONLY | constants.O_NOFOLLOW);
  try {
    const page = Buffer.allocUnsafe(pageSize);
    for (const number of new Set(places.map((place) => Math.floor(place / pageSize)))) {
      // Not a part of a page, at the end: for that it would be read.
      if (readSync(from, page, 0, pageSize, number * pageSize) === pageSize) writeSync(to, page, 0, pageSize, number * pageSize);
    }
  } finally {
    closeSync(to);
    closeSync(from);
  }
}

async function copyData(from: number, path: string): Promise<void> {
  const to = openSync(path, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  try {
    const buffer = Buffer.allocUnsafe(bufferSize);
    for (const { start, end } of await dataRanges(from)) {
      for (let at = start; at < end; ) {
        const got = readSync(from, buffer, 0, Math.min(bufferSize, end - at), at);
        if (got === 0) throw new Error(`a file in the cache became shorter while it was copied to ${path}`);
        for (let done = 0; done < got; ) done += writeSync(to, buffer, done, got - done, at + done);
        at += got;
      }
    }
    ftruncateSync(to, fstatSync(from).size);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(to);
  }
}

export const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException).code);
