/** Random trees on disk become images and are read back by a program that knows nothing of ours. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { children, plant } from './random-trees.ts';
import { describeTree, makeImage, workplace } from './trees.ts';

test('random trees, through an image and back by bsdtar', { timeout: 120_000 }, async () => {
  const { folder, rootfs, image } = workplace();
  await fc.assert(
    // No empty files: libarchive takes two names of one for two files.
    fc.asyncProperty(children(1), async (tree) => {
      const back = path.join(folder, 'back');
      await execa('rm', ['-rf', rootfs, back, image]);
      for (const made of [rootfs, back]) mkdirSync(made);
      plant(Buffer.from(rootfs), tree);
      makeImage(rootfs, image);
      await execa('bsdtar', ['-C', back, '--numeric-owner', '-xpf', image]);
      expect(describeTree(Buffer.from(back))).toEqual(describeTree(Buffer.from(rootfs)));
    }),
    // Always the same trees: what a new one could bring to light is, more often than not, a peculiarity of bsdtar.
    { seed: 20261123, numRuns: 25, endOnFailure: true },
  );
});
