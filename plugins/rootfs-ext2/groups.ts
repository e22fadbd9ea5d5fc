/** What an image says of itself: superblocks, descriptors of groups, bitmaps. */
import { writeSync } from 'node:fs';
import { descriptorSize, firstInode, hasSuperblock, superblockAt } from './format.ts';
import { type Geometry, placesOf, type Room, startOf } from './geometry.ts';
import type { Planned } from './layout.ts';
import { encodeDescriptor, encodeSuperblock } from './records.ts';

/** How much of an image is taken: everything is laid one behind the other. */
export interface Use {
  /** How many numbers of `Room`. */
  readonly blocks: number;
  /** The last inode. */
  readonly inode: number;
  /** Folders by groups. */
  readonly folders: readonly number[];
}

export type Put = (at: number, bytes: Buffer) => void;

export function useOf({ groups, inodesPerGroup }: Geometry, inodes: readonly Planned[], blocks: number): Use {
  const folders: number[] = Array.from({ length: groups }, () => 0);
  for (const { inode, entry } of inodes) {
    const group = Math.floor((inode - 1) / inodesPerGroup);
    if (entry.entries) folders[group] = (folders[group] ?? 0) + 1;
  }
  // The first ones are taken, whether or not there is something.
  return { blocks, inode: Math.max(inodes.at(-1)?.inode ?? 0, firstInode - 1), folders };
}

/** With `before`, what is there already: only what is other than it was, and the first superblock, which counts (e2fsck asks the others nothing). */
export function putGroups(geometry: Geometry, room: Room, use: Use, put: Put, before?: Use): void {
  const { blockSize, groups, inodesPerGroup, blocksPerGroup } = geometry;
  const descriptors = Buffer.alloc(geometry.descriptorBlocks * blockSize);
  let [freeBlocks, freeInodes] = [0, 0];
  for (let group = 0; group < groups; group++) {
    const places = placesOf(geometry, group);
    const taken = room.usedIn(group, use.blocks);
    const takenInodes = Math.max(0, Math.min(inodesPerGroup, use.inode - group * inodesPerGroup));
    if (!before || taken !== room.usedIn(group, before.blocks)) {
      put(places.bitmap * blockSize, bitmap(blockSize, taken, blocksPerGroup));
    }
    if (!before) put(places.inodeBitmap * blockSize, bitmap(blockSize, takenInodes, inodesPerGroup));
    const free = { blocks: blocksPerGroup - taken, inodes: inodesPerGroup - takenInodes };
    encodeDescriptor(descriptors, group * descriptorSize, {
      ...places,
      freeBlocks: free.blocks,
      freeInodes: free.inodes,
      folders: use.folders[group] ?? 0,
    });
    freeBlocks += free.blocks;
    freeInodes += free.inodes;
  }
  for (let group = 0; group < groups; group++) {
    if (!hasSuperblock(group) || (before && group > 0)) continue;
    const start = startOf(geometry, group) * blockSize;
    put(group === 0 ? superblockAt : start, encodeSuperblock(geometry, group, freeBlocks, freeInodes));
    put(start + blockSize, descriptors);
  }
}

/** The first `taken` bits set, and those past the last. */
function bitmap(blockSize: number, taken: number, bits: number): Buffer {
  const bytes = Buffer.alloc(blockSize);
  const set = (from: number, to: number) => {
    for (let bit = from; bit < to; ) {
      if (bit % 8 === 0 && to - bit >= 8) {
        const whole = Math.floor((to - bit) / 8);
        bytes.fill(0xff, bit / 8, bit / 8 + whole);
        bit += whole * 8;
      } else {
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
        bit += 1;
      }
    }
  };
  set(0, taken);
  set(bits, blockSize * 8);
  return bytes;
}

export function writeAll(fd: number, bytes: Buffer, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
}
