/** From a tree to an image: which inode and which blocks everything has. A pure function. */
import type { Data, Entry } from '../../core/plugin.ts';
import { indirectBlocks } from './block-map.ts';
import { failure, named } from './failure.ts';
import { fastLink, firstInode, mostLinks, rootInode, S_IFDIR, S_IFLNK, S_IFMT } from './format.ts';
import { type Geometry, planGeometry, Room } from './geometry.ts';
import { folderBlocks } from './records.ts';

export interface Planned {
  readonly inode: number;
  readonly entry: Entry;
  /** Of a folder: the inode above, and what is in it. */
  readonly above: number;
  readonly children: readonly Planned[];
  links: number;
  readonly size: number;
  /** Its blocks and then its indirect ones, as numbers of `Room`. */
  readonly first: number;
  readonly blocks: number;
  readonly indirect: number;
}

export interface Layout {
  readonly geometry: Geometry;
  readonly room: Room;
  /** By their numbers, from the root's. */
  readonly inodes: readonly Planned[];
  /** Files with content; what has two names is there once. */
  readonly files: ReadonlyMap<Data, Planned>;
  /** How many numbers of `room` are taken. */
  readonly used: number;
  /** How many numbers of `room` the geometry was planned for. */
  readonly most: number;
}

export interface LayoutOptions {
  readonly blockSize: number;
  /** Bytes that the guest can write besides what is there. */
  readonly freeSpace: number;
  /** Bytes that an image has at most. */
  readonly maxSize: number;
}

/** For every that many bytes of free space there is an inode. */
const bytesPerInode = 4096;
const leastFreeInodes = 64;

/** @throws Error ERR_IMAGE for what ext2 cannot hold */
export function layOut(root: Entry, { blockSize, freeSpace, maxSize }: LayoutOptions): Layout {
  const inodes: Planned[] = [];
  const files = new Map<Data, Planned>();
  const byData = new Map<Data, Planned>();
  const waiting: Planned[] = [];
  let used = 0;
  let next = firstInode;

  const plan = (entry: Entry, inode: number, above: number, path: string): Planned => {
    const known = entry.entries ? undefined : byData.get(entry.data);
    if (known) {
      known.links += 1;
      if (known.links > mostLinks) throw failure(`${named(path)} has more than ${mostLinks} names, which ext2 cannot hold`);
      return known;
    }
    const size = sizeOf(entry, blockSize);
    const isFast = (entry.mode & S_IFMT) === S_IFLNK && size < fastLink;
    const blocks = isFast ? 0 : Math.ceil(size / blockSize);
    const indirect = indirectBlocks(blocks, blockSize / 4);
    if (indirect === undefined)
      throw failure(`${named(path)} has ${size} bytes, which ext2 cannot hold with blocks of ${blockSize}`);
    if (entry.target && blocks > 1) {
      throw failure(
        `${named(path)} is a symlink of ${size} bytes, longer than a block of ${blockSize}`,
        'set blockSize of rootfs-ext2 to 4096',
      );
    }
    const planned: Planned = { inode, entry, above, children: [], links: 1, size, first: used, blocks, indirect };
    used += blocks + indirect;
    inodes.push(planned);
    byData.set(entry.data, planned);
    if (!entry.entries && !entry.target && entry.data.size > 0) files.set(entry.data, planned);
    return planned;
  };

  const visit = (folder: Planned, path: string): void => {
    const children = folder.children as Planned[];
    for (const entry of folder.entry.entries ?? []) {
      const place = `${path}/${entry.name.toString('latin1')}`;
      const before = inodes.length;
      const child = plan(entry, next, folder.inode, place);
      if (inodes.length > before) next += 1;
      children.push(child);
      if (entry.entries) {
        folder.links += 1;
        waiting.push(child);
        visit(child, place);
      }
    }
    if (folder.links > mostLinks) throw failure(`${named(path)} holds more than ${mostLinks} folders, which ext2 cannot hold`);
  };

  const top = plan(root, rootInode, rootInode, '/');
  top.links = 2;
  visit(top, '');
  for (const folder of waiting) folder.links += 1;
  const freeBlocks = Math.ceil(freeSpace / blockSize);
  const freeInodes = Math.max(leastFreeInodes, Math.ceil(freeSpace / bytesPerInode));
  const bytes = (used + freeBlocks) * blockSize;
  if (bytes > maxSize) {
    const [needed, most] = [bytes, maxSize].map((size) => Math.ceil(size / 2 ** 20));
    throw failure(`the image would have ${needed} MiB, more than ${most}`, 'raise maxSize of rootfs-ext2 in runnc.config');
  }
  const most = used + freeBlocks;
  const geometry = planGeometry(blockSize, most, next - 1 + freeInodes);
  return { most, geometry, room: new Room(geometry), inodes, files, used };
}

function sizeOf({ mode, data, target, entries }: Entry, blockSize: number): number {
  if (target) return target.length;
  if ((mode & S_IFMT) !== S_IFDIR) return data.size;
  return (
    folderBlocks(
      (entries ?? []).map(({ name }) => name),
      blockSize,
    ) * blockSize
  );
}
