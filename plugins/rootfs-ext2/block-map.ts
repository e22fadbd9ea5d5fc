/** From the blocks of a file to the pointers in its inode and the indirect blocks behind them. */
import { directBlocks, pointers } from './format.ts';

/** How many indirect blocks a file of that many blocks needs; undefined where no inode can have so many. */
export function indirectBlocks(blocks: number, perBlock: number): number | undefined {
  let left = blocks - directBlocks;
  let count = 0;
  for (let level = 1, holds = perBlock; level <= 3 && left > 0; level++, holds *= perBlock) {
    const here = Math.min(left, holds);
    for (let covered = perBlock; ; covered *= perBlock) {
      count += Math.ceil(here / covered);
      if (covered >= holds) break;
    }
    left -= here;
  }
  return left > 0 ? undefined : count;
}

/**
 * The pointers of an inode. `blockOf` tells where the file's nth block is, `indirectAt` where its nth indirect block is, and `put` gets the
 * indirect blocks' bytes by their number.
 */
export function mapBlocks(
  blocks: number,
  blockSize: number,
  blockOf: (index: number) => number,
  indirectAt: (index: number) => number,
  put: (index: number, bytes: Buffer) => void,
): readonly number[] {
  const perBlock = blockSize / 4;
  const found: number[] = Array.from({ length: pointers }, () => 0);
  let next = 0;
  let indirect = 0;
  const fill = (level: number): number => {
    if (level === 0) return blockOf(next++);
    const own = indirect++;
    const bytes = Buffer.alloc(blockSize);
    for (let slot = 0; slot < perBlock && next < blocks; slot++) bytes.writeUInt32LE(fill(level - 1), slot * 4);
    put(own, bytes);
    return indirectAt(own);
  };
  for (let slot = 0; slot < pointers && next < blocks; slot++) found[slot] = fill(Math.max(0, slot - directBlocks + 1));
  return found;
}
