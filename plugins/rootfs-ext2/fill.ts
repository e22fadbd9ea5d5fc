/**
 * Files that differ from container to container are slots: empty files in an image that is otherwise the same. They are filled in by what would
 * come next if the writer had gone on: blocks behind the last, and the inode written over.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { Graft } from '../../core/plugin.ts';
import { indirectBlocks, mapBlocks } from './block-map.ts';
import { failure } from './failure.ts';
import { inodeSize, seconds, superblockAt } from './format.ts';
import { type Geometry, placesOf, Room, startOf } from './geometry.ts';
import { putGroups, type Use, writeAll } from './groups.ts';
import { encodeInode } from './records.ts';

/** Room for each, in bytes; what needs more takes the guest's. */
export const slotRoom = 64 * 1024;

/** What is known of an image that has slots: all that can be found out before they are filled in. */
export interface Fillable {
  readonly geometry: Geometry;
  /** How many numbers of `Room` it was planned for. */
  readonly most: number;
  readonly use: Use;
  /** Inodes by paths. */
  readonly slots: Readonly<Record<string, number>>;
  /** Where `fillSlots` writes to what is there already, in bytes. */
  readonly places: readonly number[];
}

/** `places` of a Fillable. */
export function placesOfSlots(geometry: Geometry, room: Room, use: Use, slots: Fillable['slots']): readonly number[] {
  const { blockSize } = geometry;
  const next = room.place(use.blocks).block;
  const { bitmap } = placesOf(geometry, Math.floor((next - startOf(geometry, 0)) / geometry.blocksPerGroup));
  const descriptors = (startOf(geometry, 0) + 1) * blockSize;
  return [
    superblockAt,
    descriptors,
    bitmap * blockSize,
    next * blockSize,
    ...Object.values(slots).map((inode) => placeOfInode(geometry, inode)),
  ];
}

/** In bytes. */
function placeOfInode(geometry: Geometry, inode: number): number {
  const { inodesPerGroup, blockSize } = geometry;
  const table = placesOf(geometry, Math.floor((inode - 1) / inodesPerGroup)).table * blockSize;
  return table + ((inode - 1) % inodesPerGroup) * inodeSize;
}

/**
 * `before`: what the image says of itself, if its slots were filled in before. Returns what it says now.
 * @throws Error ERR_IMAGE where they do not fit
 */
export function fillSlots(
  path: string,
  { geometry, most, use, slots }: Fillable,
  files: readonly Graft[],
  before: Use = use,
): Use {
  const { blockSize } = geometry;
  const room = new Room(geometry);
  const place = (number: number) => room.place(number).block;
  const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  const put = (at: number, bytes: Buffer) => writeAll(fd, bytes, at);
  try {
    let next = use.blocks;
    for (const { inside, entry } of files) {
      const inode = slots[inside];
      // Two of them at one place, or one where the image's symlinks put another's folder.
      if (inode === undefined) continue;
      const { content = Buffer.alloc(0) } = entry.data;
      const first = next;
      const blocks = Math.ceil(content.length / blockSize);
      const indirect = indirectBlocks(blocks, blockSize / 4) ?? 0;
      next += blocks + indirect;
      if (next > most) throw failure(`there is no room for ${inside} in the image`, 'raise freeSpace of rootfs-ext2');
      for (let at = 0; at < blocks; at++) {
        put(place(first + at) * blockSize, content.subarray(at * blockSize, (at + 1) * blockSize));
      }
      const pointers = mapBlocks(
        blocks,
        blockSize,
        (index) => place(first + index),
        (index) => place(first + blocks + index),
        (index, bytes) => put(place(first + blocks + index) * blockSize, bytes),
      );
      const { mode, uid, gid, modified } = entry;
      const at = placeOfInode(geometry, inode);
      const links = readLinks(fd, at);
      const record = Buffer.alloc(inodeSize);
      const sectors = ((blocks + indirect) * blockSize) / 512;
      encodeInode(record, 0, {
        mode,
        uid,
        gid,
        size: content.length,
        modified: seconds(modified),
        links,
        sectors,
        blocks: pointers,
      });
      put(at, record);
    }
    const now = { ...use, blocks: next };
    putGroups(geometry, room, now, put, before);
    return now;
  } finally {
    closeSync(fd);
  }
}

function readLinks(fd: number, at: number): number {
  const bytes = Buffer.alloc(2);
  readSync(fd, bytes, 0, 2, at + 26);
  return bytes.readUInt16LE();
}
