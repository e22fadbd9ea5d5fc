/** Writes an image: what the layout says, then the files, each opened beneath its folder. */
import { closeSync, constants, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Entry, TreeTools } from '../../core/plugin.ts';
import { failure } from './failure.ts';
import { type Layout, layOut } from './layout.ts';
import { pageSize, sectorSize, sectorsOf } from './numbers.ts';

/** Files are gathered in memory up to here: most are small. */
const bufferSize = 1 << 20;

export interface WrittenImage extends Pick<Layout, 'slots'> {
  /** In bytes. */
  readonly size: number;
}

/** Into an empty file. @throws Error ERR_IMAGE, ENOSPC */
export function writeImage(path: string, rootfs: string, root: Entry, trees: TreeTools): WrittenImage {
  const layout = layOut(root);
  const exact = layout.sectors * sectorSize;
  // What is put behind it begins a page of its own: else the last one would have to be read for it.
  const size = Object.keys(layout.slots).length === 0 ? exact : Math.ceil(exact / pageSize) * pageSize;
  const { bavail, bsize } = statfsSync(dirname(path));
  if (bavail * bsize < size) {
    const [needed, left] = [size, bavail * bsize].map((bytes) => Math.ceil(bytes / 2 ** 20));
    const sentence = `the image of the root file system has ${needed} MiB, and ${dirname(path)} has ${left} MiB left`;
    throw Object.assign(failure(sentence, 'make room, or set cacheDirectory in runnc.config'), { code: 'ENOSPC' });
  }
  const fd = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    writeAll(fd, layout.head);
    copyFiles(fd, rootfs, root, layout, trees);
    ftruncateSync(fd, size);
  } finally {
    closeSync(fd);
  }
  return { size, slots: layout.slots };
}

function copyFiles(output: number, rootfs: string, root: Entry, { extents }: Layout, { readContents }: TreeTools): void {
  const buffer = Buffer.allocUnsafe(bufferSize);
  let used = 0;
  const flush = () => {
    writeAll(output, buffer.subarray(0, used));
    used = 0;
  };
  readContents(
    rootfs,
    root,
    (data) => extents.has(data),
    (data, read) => {
      for (let left = data.size; left > 0; ) {
        if (used === bufferSize) flush();
        const length = Math.min(left, bufferSize - used);
        read(buffer, used, length);
        used += length;
        left -= length;
      }
      const padding = sectorsOf(data.size) * sectorSize - data.size;
      if (used + padding > bufferSize) flush();
      buffer.fill(0, used, used + padding);
      used += padding;
    },
  );
  flush();
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
}
