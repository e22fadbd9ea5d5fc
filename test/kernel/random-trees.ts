/** Random trees of files, and how they come onto a disk. */
import { chmodSync, linkSync, lstatSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';

export type Node =
  | { folder: [Buffer, Node][]; permissions: number }
  | { file: Uint8Array; permissions: number; again: boolean }
  | { link: Buffer };

/** Names and targets: bytes without NUL and slashes. */
export const bytes = (most: number) =>
  fc
    .uint8Array({ minLength: 1, maxLength: most })
    .map((array) => Buffer.from(array.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))))
    // bsdtar takes backslashes and drive letters off the beginning of a path, wherever it runs.
    .filter((name) => !/^(\.{1,2}$|\\|[A-Za-z]:)/.test(name.toString('latin1')));
const permissions = fc.integer({ min: 0, max: 0o7777 });

/** Children of a folder. Files have so many bytes at least and at most. */
export function children(least: number, most = 5000) {
  const { node } = fc.letrec<{ node: Node }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 8, depthSize: 'large' },
      fc.record({ file: fc.uint8Array({ minLength: least, maxLength: most }), permissions, again: fc.boolean() }),
      fc.record({ link: bytes(600) }),
      fc.record({ folder: fc.array(fc.tuple(fc.oneof(bytes(10), bytes(255)), tie('node')), { maxLength: 8 }), permissions }),
    ) as fc.Arbitrary<Node>,
  }));
  return fc.array(fc.tuple(bytes(20), node), { minLength: 1, maxLength: 10 });
}

/** Every file that is to be there `again` is a second name of the one before. What is there already stays. */
export function plant(root: Buffer, children: readonly [Buffer, Node][]): void {
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
