/** Inodes, folders, group descriptors and the superblock, as bytes. */
import {
  directBlocks,
  entryTypes,
  fastLink,
  firstInode,
  INCOMPAT_FILETYPE,
  inodeSize,
  magic,
  RO_COMPAT_LARGE_FILE,
  RO_COMPAT_SPARSE_SUPER,
  S_IFMT,
  superblockSize,
} from './format.ts';
import type { Geometry } from './geometry.ts';

export interface InodeFields {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** In seconds. */
  readonly modified: number;
  readonly links: number;
  /** Blocks of the file and its indirect ones, in units of 512 bytes. */
  readonly sectors: number;
  /** 15 block numbers, or a short symlink's target. */
  readonly blocks: readonly number[] | Buffer;
}

export function encodeInode(into: Buffer, at: number, { mode, uid, gid, size, modified, links, sectors, blocks }: InodeFields) {
  into.writeUInt16LE(mode, at);
  into.writeUInt16LE(uid & 0xffff, at + 2);
  into.writeUInt32LE(size % 2 ** 32, at + 4);
  for (const time of [8, 12, 16]) into.writeInt32LE(modified, at + time);
  into.writeUInt16LE(gid & 0xffff, at + 24);
  into.writeUInt16LE(links, at + 26);
  into.writeUInt32LE(sectors, at + 28);
  if (Buffer.isBuffer(blocks)) blocks.copy(into, at + 40, 0, fastLink);
  else for (const [index, block] of blocks.entries()) into.writeUInt32LE(block, at + 40 + index * 4);
  into.writeUInt32LE(Math.floor(size / 2 ** 32), at + 108);
  into.writeUInt16LE(uid >>> 16, at + 120);
  into.writeUInt16LE(gid >>> 16, at + 122);
}

/** Both of the kernel's forms of a device number (linux/kdev_t.h). */
export function deviceBlocks({ major, minor }: { readonly major: number; readonly minor: number }): readonly number[] {
  const blocks: number[] = Array.from({ length: directBlocks }, () => 0);
  if (major < 256 && minor < 256) blocks[0] = (major << 8) | minor;
  else blocks[1] = ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
  return blocks;
}

export interface FolderEntry {
  readonly name: Buffer;
  readonly inode: number;
  readonly mode: number;
}

const sizeOf = (name: Buffer): number => 8 + ((name.length + 3) & ~3);

/** How many blocks a folder with these names needs. */
export function folderBlocks(names: readonly Buffer[], blockSize: number): number {
  let blocks = 1;
  let used = 24;
  for (const name of names) {
    if (used + sizeOf(name) > blockSize) {
      blocks += 1;
      used = 0;
    }
    used += sizeOf(name);
  }
  return blocks;
}

/** The blocks of a folder; `entries` begin with `.` and `..`. The last entry of a block reaches to its end. */
export function encodeFolder(entries: readonly FolderEntry[], blockSize: number, blocks: number): Buffer {
  const bytes = Buffer.alloc(blocks * blockSize);
  let at = 0;
  let last = 0;
  const close = () => bytes.writeUInt16LE(Math.ceil(at / blockSize) * blockSize - last, last + 4);
  for (const { name, inode, mode } of entries) {
    const size = sizeOf(name);
    if ((at % blockSize) + size > blockSize || (at > 0 && at % blockSize === 0)) {
      close();
      at = Math.ceil(at / blockSize) * blockSize;
    }
    bytes.writeUInt32LE(inode, at);
    bytes.writeUInt16LE(size, at + 4);
    bytes.writeUInt8(name.length, at + 6);
    bytes.writeUInt8(entryTypes[mode & S_IFMT] ?? 0, at + 7);
    name.copy(bytes, at + 8);
    last = at;
    at += size;
  }
  close();
  return bytes;
}

export interface GroupUse {
  readonly bitmap: number;
  readonly inodeBitmap: number;
  readonly table: number;
  readonly freeBlocks: number;
  readonly freeInodes: number;
  readonly folders: number;
}

export function encodeDescriptor(into: Buffer, at: number, group: GroupUse): void {
  into.writeUInt32LE(group.bitmap, at);
  into.writeUInt32LE(group.inodeBitmap, at + 4);
  into.writeUInt32LE(group.table, at + 8);
  into.writeUInt16LE(group.freeBlocks, at + 12);
  into.writeUInt16LE(group.freeInodes, at + 14);
  into.writeUInt16LE(group.folders, at + 16);
}

/** No two images are ever in one machine by it, so one is enough; e2fsck wants one. */
const uuid = Buffer.from('72756e6e632d657874322d696d616765', 'hex');

export function encodeSuperblock(geometry: Geometry, group: number, freeBlocks: number, freeInodes: number): Buffer {
  const bytes = Buffer.alloc(superblockSize);
  const logBlockSize = Math.log2(geometry.blockSize) - 10;
  const numbers: readonly (readonly [at: number, value: number])[] = [
    [0, geometry.inodesPerGroup * geometry.groups],
    [4, geometry.blocks],
    [12, freeBlocks],
    [16, freeInodes],
    [20, geometry.firstDataBlock],
    [24, logBlockSize],
    [28, logBlockSize],
    [32, geometry.blocksPerGroup],
    [36, geometry.blocksPerGroup],
    [40, geometry.inodesPerGroup],
    [76, 1],
    [84, firstInode],
    [96, INCOMPAT_FILETYPE],
    [100, RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE],
  ];
  for (const [at, value] of numbers) bytes.writeUInt32LE(value, at);
  bytes.writeInt16LE(-1, 54); // checked after no number of mounts
  bytes.writeUInt16LE(magic, 56);
  bytes.writeUInt16LE(1, 58); // clean
  bytes.writeUInt16LE(1, 60); // goes on after errors
  bytes.writeUInt16LE(inodeSize, 88);
  bytes.writeUInt16LE(group, 90);
  uuid.copy(bytes, 104);
  return bytes;
}
