/** An inode of an image that a guest has written to, and the blocks that it names. */
import {
  directBlocks,
  fastLink,
  pointers,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from './format.ts';
import type { ReadAt, Superblock } from './superblock.ts';

export interface Inode {
  readonly number: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** In seconds. */
  readonly modified: number;
  readonly links: number;
  readonly deleted: number;
  readonly flags: number;
  /** The 60 bytes of its pointers. */
  readonly pointers: Buffer;
  /** Whether it has no blocks, as a short symlink has not. */
  readonly isFast: boolean;
}

const types = [S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK];
/** Compressed, extents, inline data: what ext2 has not (fs/ext4/ext4.h). */
const foreignFlags = 0x4 | 0x80000 | 0x10000000;
/** Longest target of a symlink (PATH_MAX). */
const longestLink = 4095;

export function readInode(read: ReadAt, { blockSize, inodesPerGroup, inodeSize, tables }: Superblock, number: number): Inode {
  const group = Math.floor((number - 1) / inodesPerGroup);
  const at = (tables[group] as number) * blockSize + ((number - 1) % inodesPerGroup) * inodeSize;
  const bytes = read(at, 128);
  const u16 = (offset: number) => bytes.readUInt16LE(offset);
  const mode = u16(0);
  const high = (mode & S_IFMT) === S_IFREG ? bytes.readUInt32LE(108) : 0;
  const attributes = bytes.readUInt32LE(104) === 0 ? 0 : blockSize / 512;
  return {
    number,
    mode,
    uid: u16(2) + u16(120) * 2 ** 16,
    gid: u16(24) + u16(122) * 2 ** 16,
    size: bytes.readUInt32LE(4) + high * 2 ** 32,
    modified: bytes.readInt32LE(16),
    links: u16(26),
    deleted: bytes.readUInt32LE(20),
    flags: bytes.readUInt32LE(32),
    pointers: Buffer.from(bytes.subarray(40, 100)),
    isFast: (mode & S_IFMT) === S_IFLNK && bytes.readUInt32LE(28) - attributes <= 0 && bytes.readUInt32LE(4) < fastLink,
  };
}

/** Whether something is there: what was never used, and what was deleted, has no links. */
export const isUsed = ({ mode, links, deleted }: Inode): boolean => links > 0 && deleted === 0 && mode !== 0;

/** What is wrong with it, undefined if nothing is. `largest` is in bytes. */
export function wrongWith(inode: Inode, largest: number): string | undefined {
  const type = inode.mode & S_IFMT;
  if (!isUsed(inode)) return `its inode ${inode.number} is free`;
  if (!types.includes(type)) return `it is of no known type (mode ${inode.mode.toString(8)})`;
  if ((inode.flags & foreignFlags) !== 0) return `it is stored in a way that ext2 has not (flags 0x${inode.flags.toString(16)})`;
  if (type === S_IFLNK && inode.size > longestLink) return `it is a symlink of ${inode.size} bytes`;
  if (inode.size > largest) return `it has ${inode.size} bytes, more than ${largest}`;
  return undefined;
}

/** As encoded by `deviceBlocks`; the kernel's two forms. */
export function deviceOf({ pointers: bytes }: Inode): { readonly major: number; readonly minor: number } {
  const [old, fresh] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
  if (old !== 0) return { major: (old >>> 8) & 0xff, minor: old & 0xff };
  return { major: (fresh >>> 8) & 0xfff, minor: (fresh & 0xff) | ((fresh >>> 12) & 0xfff00) };
}

/** Thrown inside of the reader for what damages one file. */
export class Damage extends Error {}

/**
 * Calls `data` with each block of the file that is there, in order, by its index in the file, and `meta` with each indirect block
 * before it is read.
 * @throws Damage for a block outside of the image
 */
export function eachBlock(
  read: ReadAt,
  { blockSize, blocks, firstDataBlock }: Superblock,
  inode: Inode,
  data: (index: number, block: number) => void,
  meta: (block: number) => void = () => undefined,
): void {
  if (inode.isFast) return;
  const last = Math.ceil(inode.size / blockSize);
  const perBlock = blockSize / 4;
  const visit = (block: number, level: number, index: number): void => {
    if (block === 0 || index >= last) return;
    if (block < firstDataBlock || block >= blocks) throw new Damage(`it has block ${block}, and there are ${blocks}`);
    if (level === 0) {
      data(index, block);
      return;
    }
    meta(block);
    const table = read(block * blockSize, blockSize);
    const covered = perBlock ** (level - 1);
    for (let slot = 0; slot < perBlock && index + slot * covered < last; slot++) {
      visit(table.readUInt32LE(slot * 4), level - 1, index + slot * covered);
    }
  };
  let index = 0;
  for (let slot = 0; slot < pointers; slot++) {
    const level = Math.max(0, slot - directBlocks + 1);
    visit(inode.pointers.readUInt32LE(slot * 4), level, index);
    index += perBlock ** level;
  }
  if (index < last) throw new Damage(`it has ${inode.size} bytes, more than an inode can name`);
}
