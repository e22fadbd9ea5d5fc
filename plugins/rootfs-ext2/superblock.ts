/** The superblock and the group descriptors of an image that a guest has written to: every number is checked before it is used. */
import { failure } from './failure.ts';
import { descriptorSize, INCOMPAT_FILETYPE, magic, superblockAt, superblockSize } from './format.ts';

/** Reads so many bytes at an offset, all of them or an error. */
export type ReadAt = (at: number, length: number) => Buffer;

export interface Superblock {
  readonly blockSize: number;
  readonly blocks: number;
  readonly inodes: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly inodesPerGroup: number;
  readonly inodeSize: number;
  readonly firstInode: number;
  /** Block of each group's table of inodes. */
  readonly tables: readonly number[];
  /** Blocks that no file can have. */
  readonly own: readonly (readonly [first: number, count: number])[];
}

/** More than any image of ours has, and few enough to go through. */
const mostGroups = 1 << 20;

/** @throws Error ERR_IMAGE for what is no ext2 or does not fit into `size` bytes */
export function readSuperblock(read: ReadAt, size: number): Superblock {
  if (size < superblockAt + superblockSize) throw damaged(`it has ${size} bytes`);
  const bytes = read(superblockAt, superblockSize);
  const u32 = (at: number) => bytes.readUInt32LE(at);
  if (bytes.readUInt16LE(56) !== magic) throw damaged('it has no superblock');
  const revision = u32(76);
  const log = u32(24);
  if (log > 2) throw damaged(`its blocks are of a size that ext2 has not (2 to the power of ${log} KiB)`);
  const blockSize = 1024 << log;
  const incompatible = revision === 0 ? 0 : u32(96) & ~INCOMPAT_FILETYPE;
  if (incompatible !== 0) throw damaged(`it has features that ext2 has not (0x${incompatible.toString(16)})`);
  const [inodes, blocks, firstDataBlock, blocksPerGroup, inodesPerGroup] = [u32(0), u32(4), u32(20), u32(32), u32(40)] as const;
  const inodeSize = revision === 0 ? 128 : bytes.readUInt16LE(88);
  const firstInode = revision === 0 ? 11 : u32(84);
  if (blocks * blockSize > size)
    throw damaged(`it says that it has ${blocks} blocks of ${blockSize} bytes, and it has ${size} bytes`);
  if (firstDataBlock !== (blockSize === 1024 ? 1 : 0) || blocks <= firstDataBlock)
    throw damaged('its first block is not where it has to be');
  if (blocksPerGroup === 0 || blocksPerGroup > blockSize * 8) throw damaged(`its groups have ${blocksPerGroup} blocks`);
  if (inodeSize < 128 || inodeSize > blockSize || (inodeSize & (inodeSize - 1)) !== 0)
    throw damaged(`its inodes have ${inodeSize} bytes`);
  const groups = Math.ceil((blocks - firstDataBlock) / blocksPerGroup);
  if (groups > mostGroups) throw damaged(`it has ${groups} groups`);
  if (inodesPerGroup === 0 || inodesPerGroup > blockSize * 8 || inodes !== inodesPerGroup * groups) {
    throw damaged(`it has ${inodes} inodes in ${groups} groups of ${inodesPerGroup}`);
  }
  if (firstInode < 11 || firstInode > inodes) throw damaged(`its first inode is ${firstInode}`);
  const tableBlocks = Math.ceil((inodesPerGroup * inodeSize) / blockSize);
  const descriptorsAt = firstDataBlock + 1;
  const descriptorBlocks = Math.ceil((groups * descriptorSize) / blockSize);
  if (descriptorsAt + descriptorBlocks > blocks) throw damaged('its groups do not fit');
  const descriptors = read(descriptorsAt * blockSize, groups * descriptorSize);
  const tables: number[] = [];
  const own: [number, number][] = [[0, descriptorsAt + descriptorBlocks]];
  for (let group = 0; group < groups; group++) {
    const [bitmap, inodeBitmap, table] = [0, 4, 8].map((at) => descriptors.readUInt32LE(group * descriptorSize + at)) as [
      number,
      number,
      number,
    ];
    if (table <= firstDataBlock || table + tableBlocks > blocks) throw damaged(`the inodes of group ${group} are outside of it`);
    tables.push(table);
    own.push([bitmap, 1], [inodeBitmap, 1], [table, tableBlocks]);
  }
  return { blockSize, blocks, inodes, firstDataBlock, blocksPerGroup, inodesPerGroup, inodeSize, firstInode, tables, own };
}

export const damaged = (what: string) => failure(`the image is not an ext2 file system that can be read: ${what}`);
