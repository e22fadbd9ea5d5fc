/** Random trees on disk become images and are read back by a program that knows nothing of ours. */
import { chmodSync, linkSync, lstatSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeTree, makeImage, workplace } from './iso-trees.ts';

// No empty files: libarchive takes two names of one for two files.
type Node =
  | { folder: [Buffer, Node][]; permissions: number }
  | { file: Uint8Array; permissions: number; again: boolean }
  | { link: Buffer };
const bytes = (most: number) =>
  fc
    .uint8Array({ minLength: 1, maxLength: most })
    .map((array) => Buffer.from(array.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))))
    // bsdtar takes backslashes and drive letters off the beginning of a path, wherever it runs.
    .filter((name) => !/^(\.{1,2}$|\\|[A-Za-z]:)/.test(name.toString('latin1')));
const permissions = fc.integer({ min: 0, max: 0o7777 });
const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 8, depthSize: 'large' },
    fc.record({ file: fc.uint8Array({ minLength: 1, maxLength: 5000 }), permissions, again: fc.boolean() }),
    fc.record({ link: bytes(600) }),
    fc.record({ folder: fc.array(fc.tuple(fc.oneof(bytes(10), bytes(255)), tie('node')), { maxLength: 8 }), permissions }),
  ) as fc.Arbitrary<Node>,
}));

/** Every file that is to be there `again` is a second name of the one before. */
function plant(root: Buffer, children: [Buffer, Node][]): void {
  let last: Buffer | undefined;
  const put = (place: Buffer, made: Node) => {
    if ('link' in made) return symlinkSync(made.link, place);
    if ('folder' in made) {
      mkdirSync(place);
      for (const [name, child] of made.folder) once(Buffer.concat([place, Buffer.from('/'), name]), child);
    } else if (made.again && last) return linkSync(last, place);
    else {
      writeFileSync(place, made.file);
      last = place;
    }
    chmodSync(place, made.permissions);
    utimesSync(place, 1, made.permissions * 1000);
  };
  const once = (place: Buffer, made: Node) => {
    if (lstatSync(place, { throwIfNoEntry: false }) === undefined) put(place, made);
  };
  for (const [name, child] of children) once(Buffer.concat([root, Buffer.from('/'), name]), child);
}

test('random trees, through an image and back by bsdtar', { timeout: 120_000 }, async () => {
  const { folder, rootfs, image } = workplace();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(bytes(20), node), { minLength: 1, maxLength: 10 }), async (children) => {
      const back = path.join(folder, 'back');
      await execa('rm', ['-rf', rootfs, back, image]);
      for (const made of [rootfs, back]) mkdirSync(made);
      plant(Buffer.from(rootfs), children);
      makeImage(rootfs, image);
      await execa('bsdtar', ['-C', back, '--numeric-owner', '-xpf', image]);
      expect(describeTree(Buffer.from(back))).toEqual(describeTree(Buffer.from(rootfs)));
    }),
    // Always the same trees: what a new one could bring to light is, more often than not, a peculiarity of bsdtar.
    { seed: 20261123, numRuns: 25, endOnFailure: true },
  );
});
