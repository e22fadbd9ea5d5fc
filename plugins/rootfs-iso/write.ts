/** Writes an image: what the layout says, then the files, each opened beneath its folder. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, statfsSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Layout, layOut } from './layout.ts';
import { sectorSize, sectorsOf } from './numbers.ts';
import { type Data, type Entry, failure, openFolder, within } from './tree.ts';

/** Files are gathered in memory up to here: most are small. */
const bufferSize = 1 << 20;

/** `path` must not be there yet. Returns the size in bytes. @throws Error ERR_IMAGE */
export function writeImage(path: string, rootfs: string, root: Entry): number {
  const layout = layOut(root);
  const size = layout.sectors * sectorSize;
  const { bavail, bsize } = statfsSync(dirname(path));
  if (bavail * bsize < size) {
    const [needed, left] = [size, bavail * bsize].map((bytes) => Math.ceil(bytes / 2 ** 20));
    throw failure(
      `the image of the root file system has ${needed} MiB, and ${dirname(path)} has ${left} MiB left`,
      'make room, or set cacheDirectory in runnc.config',
    );
  }
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeAll(fd, layout.head);
    copyFiles(fd, rootfs, root, layout);
    ftruncateSync(fd, size);
  } finally {
    closeSync(fd);
  }
  return size;
}

function copyFiles(output: number, rootfs: string, root: Entry, { extents }: Layout): void {
  const buffer = Buffer.allocUnsafe(bufferSize);
  let used = 0;
  const written = new Set<Data>();
  const flush = () => {
    writeAll(output, buffer.subarray(0, used));
    used = 0;
  };
  const copy = (entry: Entry, folder: () => number) => {
    const { data } = entry;
    const { content } = data;
    const file = content ? undefined : openFile(folder(), entry);
    try {
      let left = data.size;
      while (left > 0) {
        if (used === bufferSize) flush();
        const length = Math.min(left, bufferSize - used);
        const at = data.size - left;
        const got = content ? content.copy(buffer, used, at, at + length) : readSync(file as number, buffer, used, length, null);
        if (got === 0) throw changed(entry);
        used += got;
        left -= got;
      }
    } finally {
      if (file !== undefined) closeSync(file);
    }
    const padding = sectorsOf(data.size) * sectorSize - data.size;
    if (used + padding > bufferSize) flush();
    buffer.fill(0, used, used + padding);
    used += padding;
  };
  const visit = (parent: Entry, open: () => number) => {
    let fd: number | undefined;
    // Only when something in it is read: what a mount put into the tree is in no folder.
    const folder = () => {
      fd ??= open();
      return fd;
    };
    try {
      for (const entry of parent.entries ?? []) {
        if (entry.entries) visit(entry, () => openFolder(within(folder(), entry.name)));
        else if (extents.has(entry.data) && !written.has(entry.data)) {
          written.add(entry.data);
          copy(entry, folder);
        }
      }
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  };
  visit(root, () => openFolder(`${rootfs}/.`));
  flush();
}

/** The very file that the tree was read from. */
function openFile(folder: number, entry: Entry): number {
  const fd = openSync(within(folder, entry.name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const { dev, ino, size } = fstatSync(fd, { bigint: true });
  if (`${dev}:${ino}` === entry.data.inode && Number(size) === entry.data.size) return fd;
  closeSync(fd);
  throw changed(entry);
}

const changed = ({ name }: Entry) =>
  failure(`${JSON.stringify(name.toString())} in the image changed while it was read`, 'create the container again');

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
}
