/** Writes an image: superblocks, descriptors, bitmaps, inodes, folders; then the files, one behind the other. */
import { closeSync, constants, ftruncateSync, openSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Data, Entry, TreeTools } from '../../core/plugin.ts';
import { mapBlocks } from './block-map.ts';
import { failure } from './failure.ts';
import { type Fillable, placesOfSlots } from './fill.ts';
import { fastLink, inodeSize, S_IFDIR, seconds } from './format.ts';
import { placesOf } from './geometry.ts';
import { type Put, putGroups, useOf, writeAll } from './groups.ts';
import { type Layout, type LayoutOptions, layOut, type Planned } from './layout.ts';
import { deviceBlocks, encodeFolder, encodeInode } from './records.ts';

/** Files are gathered in memory up to here: most are small. */
const bufferSize = 1 << 20;
const zeros = Buffer.alloc(bufferSize);

export interface Written extends Fillable {
  /** In bytes. */
  readonly size: number;
  /** Number of the inode of everything. */
  readonly inodes: ReadonlyMap<Data, number>;
}

/** `path` is empty or not there yet. @throws Error ERR_IMAGE */
export function writeImage(path: string, rootfs: string, root: Entry, trees: TreeTools, options: LayoutOptions): Written {
  const layout = layOut(root, options);
  const { geometry, room, inodes, used, most } = layout;
  const use = useOf(geometry, inodes, used);
  const size = geometry.blocks * geometry.blockSize;
  const needed = used * geometry.blockSize;
  const { bavail, bsize } = statfsSync(dirname(path));
  if (bavail * bsize < needed) {
    const [wanted, left] = [needed, bavail * bsize].map((bytes) => Math.ceil(bytes / 2 ** 20));
    const sentence = `the files of the image have ${wanted} MiB, and ${dirname(path)} has ${left} MiB left`;
    // So that the cache makes room, where it has some.
    throw Object.assign(failure(sentence, 'make room, or set dataDirectory in runnc.config'), { code: 'ENOSPC' });
  }
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    ftruncateSync(fd, size);
    const put = (at: number, bytes: Buffer) => writeAll(fd, bytes, at);
    putGroups(geometry, room, use, put);
    const file = new Blocks(layout, put);
    const tables = putBlocks(layout, file, rootfs, root, trees);
    file.flush();
    for (const [group, table] of tables.entries()) if (table) put(placesOf(geometry, group).table * geometry.blockSize, table);
  } finally {
    closeSync(fd);
  }
  const slots = Object.fromEntries(inodes.flatMap(({ entry: { slot }, inode }) => (slot === undefined ? [] : [[slot, inode]])));
  const numbers = new Map(inodes.map(({ entry, inode }) => [entry.data, inode]));
  const places = placesOfSlots(geometry, room, use, slots);
  return { size, inodes: numbers, geometry, most, use, slots, places };
}

/** Writes blocks by their numbers in `Room`; those that follow each other leave in one piece. */
class Blocks {
  readonly #layout: Layout;
  readonly #put: Put;
  readonly #buffer = Buffer.allocUnsafe(bufferSize);
  #used = 0;
  #first = 0;

  constructor(layout: Layout, put: Put) {
    this.#layout = layout;
    this.#put = put;
  }

  /** Room for `length` more bytes at most from block `number` on, which the caller fills whole. */
  take(number: number, length: number): Buffer {
    const { blockSize } = this.#layout.geometry;
    if (number !== this.#first + this.#used / blockSize || this.#used === bufferSize) {
      this.flush();
      this.#first = number;
    }
    const free = Math.min(length, bufferSize - this.#used);
    const whole = Math.ceil(free / blockSize) * blockSize;
    const part = this.#buffer.subarray(this.#used, this.#used + free);
    this.#buffer.fill(0, this.#used + free, this.#used + whole);
    this.#used += whole;
    return part;
  }

  add(number: number, bytes: Buffer): void {
    const { blockSize } = this.#layout.geometry;
    for (let at = 0; at < bytes.length; ) {
      at += bytes.copy(this.take(number + at / blockSize, bytes.length - at), 0, at);
    }
  }

  flush(): void {
    const { geometry, room } = this.#layout;
    const blocks = this.#used / geometry.blockSize;
    // Zeros are there already, as holes.
    const isHole = this.#buffer.subarray(0, this.#used).equals(zeros.subarray(0, this.#used));
    for (let done = 0; done < blocks && !isHole; ) {
      const { block, count } = room.place(this.#first + done);
      const length = Math.min(count, blocks - done);
      const from = done * geometry.blockSize;
      this.#put(block * geometry.blockSize, this.#buffer.subarray(from, from + length * geometry.blockSize));
      done += length;
    }
    this.#first += blocks;
    this.#used = 0;
  }
}

/** Folders, symlinks and files with their indirect blocks; gives the tables of inodes, by group. */
function putBlocks(layout: Layout, file: Blocks, rootfs: string, root: Entry, trees: TreeTools): readonly (Buffer | undefined)[] {
  const { geometry, room, inodes, files } = layout;
  const { blockSize, inodesPerGroup, tableBlocks } = geometry;
  const tables: (Buffer | undefined)[] = Array.from({ length: geometry.groups });
  const place = (number: number) => room.place(number).block;
  const putInode = (planned: Planned) => {
    const { entry, inode, first, blocks, indirect } = planned;
    const pointers = mapBlocks(
      blocks,
      blockSize,
      (index) => place(first + index),
      (index) => place(first + blocks + index),
      (index, bytes) => file.add(first + blocks + index, bytes),
    );
    const group = Math.floor((inode - 1) / inodesPerGroup);
    tables[group] ??= Buffer.alloc(tableBlocks * blockSize);
    const { mode, uid, gid, modified, target, device } = entry;
    encodeInode(tables[group] as Buffer, ((inode - 1) % inodesPerGroup) * inodeSize, {
      ...{ mode, uid, gid, size: planned.size, modified: seconds(modified), links: planned.links },
      sectors: ((blocks + indirect) * blockSize) / 512,
      blocks: device ? deviceBlocks(device) : target && target.length < fastLink ? target : pointers,
    });
  };
  for (const planned of inodes) {
    const { entry, first, blocks, children } = planned;
    if (entry.entries) {
      const named = entry.entries.map(({ name, mode }, index) => ({ name, mode, inode: (children[index] as Planned).inode }));
      const [self, above] = ['.', '..'].map((name) => ({ name: Buffer.from(name), mode: S_IFDIR }));
      const all = [{ ...self, inode: planned.inode }, { ...above, inode: planned.above }, ...named] as typeof named;
      file.add(first, encodeFolder(all, blockSize, blocks));
    } else if (entry.target && blocks > 0) file.add(first, entry.target);
    if (!files.has(entry.data)) putInode(planned);
  }
  trees.readContents(
    rootfs,
    root,
    (data) => files.has(data),
    (data, read) => {
      const planned = files.get(data) as Planned;
      for (let at = 0; at < data.size; ) {
        const part = file.take(planned.first + at / blockSize, data.size - at);
        read(part, 0, part.length);
        at += part.length;
      }
      putInode(planned);
    },
  );
  return tables;
}
