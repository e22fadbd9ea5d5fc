/** How many groups of blocks an image has, and which blocks of them files can have. */
import { descriptorSize, hasSuperblock, inodeSize } from './format.ts';

export interface Geometry {
  readonly blockSize: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly inodesPerGroup: number;
  readonly groups: number;
  readonly blocks: number;
  readonly descriptorBlocks: number;
  readonly tableBlocks: number;
}

/** Room for that many blocks of files and inodes; all groups are whole, as the file is sparse. */
export function planGeometry(blockSize: number, dataBlocks: number, inodes: number): Geometry {
  const bits = blockSize * 8;
  const firstDataBlock = blockSize === 1024 ? 1 : 0;
  const perBlock = blockSize / inodeSize;
  for (let groups = Math.max(1, Math.ceil(dataBlocks / bits), Math.ceil(inodes / bits)); ; groups++) {
    const inodesPerGroup = Math.min(bits, Math.ceil(inodes / groups / perBlock) * perBlock);
    const geometry: Geometry = {
      blockSize,
      firstDataBlock,
      blocksPerGroup: bits,
      inodesPerGroup,
      groups,
      blocks: firstDataBlock + groups * bits,
      descriptorBlocks: Math.ceil((groups * descriptorSize) / blockSize),
      tableBlocks: Math.ceil((inodesPerGroup * inodeSize) / blockSize),
    };
    let room = 0;
    for (let group = 0; group < groups; group++) room += bits - overheadOf(geometry, group);
    if (room >= dataBlocks && inodesPerGroup * groups >= inodes) return geometry;
  }
}

/** Blocks at the beginning of a group that no file can have. */
export function overheadOf({ descriptorBlocks, tableBlocks }: Geometry, group: number): number {
  return copiesOf(descriptorBlocks, group) + 2 + tableBlocks;
}

/** Where the bitmap of blocks, that of inodes and the table of inodes are. */
export function placesOf(geometry: Geometry, group: number) {
  const start = startOf(geometry, group);
  const bitmap = start + copiesOf(geometry.descriptorBlocks, group);
  return { start, bitmap, inodeBitmap: bitmap + 1, table: bitmap + 2 };
}

const copiesOf = (descriptorBlocks: number, group: number): number => (hasSuperblock(group) ? 1 + descriptorBlocks : 0);

export const startOf = ({ firstDataBlock, blocksPerGroup }: Geometry, group: number): number =>
  firstDataBlock + group * blocksPerGroup;

/**
 * The blocks that files can have, counted from 0 without the groups' own: everything is laid one behind the other, so a file is
 * a range of these.
 */
export class Room {
  readonly #geometry: Geometry;
  /** First number of each group. */
  readonly #firsts: number[] = [];

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    let first = 0;
    for (let group = 0; group < geometry.groups; group++) {
      this.#firsts.push(first);
      first += geometry.blocksPerGroup - overheadOf(geometry, group);
    }
  }

  /** Block number of the image, and how many follow it without a gap, itself included. */
  place(number: number): { readonly block: number; readonly count: number } {
    // Asked for one block after the other, as a rule.
    if (number < this.#from || number >= this.#to) this.#find(number);
    return { block: this.#block + number - this.#from, count: this.#to - number };
  }

  #from = 0;
  #to = 0;
  #block = 0;

  #find(number: number): void {
    let [low, high] = [0, this.#firsts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#firsts[middle] as number) <= number) low = middle;
      else high = middle - 1;
    }
    const overhead = overheadOf(this.#geometry, low);
    this.#from = this.#firsts[low] as number;
    this.#to = this.#from + this.#geometry.blocksPerGroup - overhead;
    this.#block = startOf(this.#geometry, low) + overhead;
  }

  /** How many blocks of a group are taken, its own included, when the first `used` numbers are. */
  usedIn(group: number, used: number): number {
    const overhead = overheadOf(this.#geometry, group);
    const free = this.#geometry.blocksPerGroup - overhead;
    return overhead + Math.max(0, Math.min(free, used - (this.#firsts[group] as number)));
  }
}
