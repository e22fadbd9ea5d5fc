/** Images of trees as rootfs-ext2 makes them, mounted by the kernel, and carried back: for its tests. */
import { closeSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import * as trees from '../../core/tree/tools.ts';
import { carry } from '../../plugins/rootfs-ext2/carry.ts';
import { type Known, knownOf, type Part } from '../../plugins/rootfs-ext2/known.ts';
import { Outcome } from '../../plugins/rootfs-ext2/outcome.ts';
import { Image } from '../../plugins/rootfs-ext2/read.ts';
import { writeImage } from '../../plugins/rootfs-ext2/write.ts';
import { everything, limits } from './trees.ts';

export interface Options {
  readonly blockSize?: number;
  readonly freeSpace?: number;
  readonly volume?: boolean;
}

/** What is known of it. */
export function makeExt2(
  rootfs: string,
  image: string,
  { blockSize = 1024, freeSpace = 4 << 20, volume = false }: Options = {},
): Known {
  const tree = trees.readTree(rootfs, limits, everything);
  rmSync(image, { force: true });
  const { inodes } = writeImage(image, rootfs, tree, trees, { blockSize, freeSpace, maxSize: limits.maxSize });
  const part: Part = { kind: 'host', source: rootfs, readOnly: false, volume };
  return knownOf(tree, inodes, new Map([['', part]]));
}

/** No repairs, and nothing that it would repair. */
export async function check(image: string): Promise<void> {
  await execa('e2fsck', ['-fn', image]);
}

/** The kernel as a guest. */
export async function mounted<Result>(
  image: string,
  folder: string,
  use: (root: string) => Result | Promise<Result>,
): Promise<Result> {
  const place = path.join(folder, 'mounted');
  await execa('mkdir', ['-p', place]);
  await execa('mount', ['-t', 'ext2', '-o', 'loop', image, place]);
  let isMounted = true;
  const unmount = async () => {
    if (isMounted) await execa('umount', [place]);
    isMounted = false;
  };
  onTestFinished(unmount);
  try {
    return await use(place);
  } finally {
    await unmount();
  }
}

export function carryBack(image: string, known: Known, id = 'container'): { known: Known; outcome: Outcome } {
  const outcome = new Outcome();
  const fd = openSync(image, 'r');
  try {
    return { known: carry(known, { image: new Image(fd, limits), id, trees, outcome }), outcome };
  } finally {
    closeSync(fd);
  }
}
