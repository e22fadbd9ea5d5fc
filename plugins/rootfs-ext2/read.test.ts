/** Random trees through the writer and back through the reader; and images that somebody has damaged. */
import {
  closeSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import * as trees from '../../core/tree/tools.ts';
import type { Data, Entry } from '../../core/tree/tree.ts';
import { carry } from './carry.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from './format.ts';
import { type Known, knownOf } from './known.ts';
import { Outcome } from './outcome.ts';
import { type Found, Image } from './read.ts';
import { writeImage } from './write.ts';

vi.setConfig({ testTimeout: 60_000 });

const limits = { maxFiles: 10_000, maxSize: 2 ** 30 };
const name = fc
  .uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))))
  .filter((bytes) => !/^\.{1,2}$/.test(bytes.toString('latin1')));
const own = fc.record({
  permissions: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.nat(2 ** 32 - 2),
  gid: fc.nat(2 ** 32 - 2),
  modified: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((seconds) => seconds * 1000),
});

const file = fc
  .tuple(own, fc.uint8Array({ maxLength: 20_000 }))
  .map(([fields, bytes]) => entry(S_IFREG, fields, { content: Buffer.from(bytes) }));
const link = fc
  .tuple(own, fc.string({ minLength: 1, maxLength: 1000, unit: 'grapheme-ascii' }))
  .map(([fields, target]) => entry(S_IFLNK, fields, { target: Buffer.from(target) }));
const device = fc
  .tuple(own, fc.constantFrom(S_IFCHR, S_IFBLK), fc.nat(4095), fc.nat(0xfffff))
  .map(([fields, type, major, minor]) => entry(type, fields, { device: { major, minor } }));
const fifo = own.map((fields) => entry(S_IFIFO, fields, {}));
const { tree } = fc.letrec<{ tree: Entry }>((tie) => ({
  tree: fc
    .tuple(
      own,
      fc.uniqueArray(fc.tuple(name, fc.oneof({ maxDepth: 5 }, file, link, device, fifo, tie('tree'))), {
        maxLength: 8,
        selector: ([key]) => key.toString('latin1'),
      }),
    )
    .map(([fields, children]) => entry(S_IFDIR, fields, { entries: children.map(([key, child]) => ({ ...child, name: key })) })),
}));

function entry(
  type: number,
  { permissions, ...fields }: { permissions: number; uid: number; gid: number; modified: number },
  rest: { content?: Buffer; target?: Buffer; device?: NonNullable<Entry['device']>; entries?: Entry[] },
): Entry {
  const { content, ...others } = rest;
  const data: Data = { size: content?.length ?? 0, ...(content ? { content } : {}) };
  return { name: Buffer.alloc(0), mode: type | permissions, ...fields, data, ...others };
}

function workplace() {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-ext2-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return { folder, image: path.join(folder, 'image') };
}

function opened<Result>(image: string, use: (fd: number) => Result): Result {
  const fd = openSync(image, 'r+');
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

const plain = (read: (found: Found) => string | undefined) => (found: Found) => {
  const { inode, target, device: numbers } = found;
  const { mode, uid, gid, modified } = inode;
  return {
    name: found.name.toString('latin1'),
    mode,
    uid,
    gid,
    modified,
    target: target?.toString(),
    device: numbers,
    content: read(found),
  };
};

test('what was written is read: random trees with blocks of every size', () => {
  const { image } = workplace();
  fc.assert(
    fc.property(tree, fc.constantFrom(1024, 2048, 4096), (root, blockSize) => {
      rmSync(image, { force: true });
      writeImage(image, '/nowhere', root, trees, { blockSize, freeSpace: 100_000, maxSize: 2 ** 30 });
      opened(image, (fd) => {
        const read = new Image(fd, limits);
        const described = plain((found) => contentOf(read, found));
        const visit = (found: Found): unknown => ({
          ...described(found),
          entries: found.entries?.map(visit),
          damage: found.damage,
        });
        const wanted = (node: Entry): unknown => ({
          name: node.name.toString('latin1'),
          ...{ mode: node.mode, uid: node.uid, gid: node.gid, modified: node.modified / 1000 },
          ...{ target: node.target?.toString(), device: node.device, damage: undefined },
          content: (node.mode & 0o170000) === S_IFREG ? node.data.content?.toString('latin1') : undefined,
          entries: node.entries?.map(wanted),
        });
        expect(visit(read.root)).toEqual(wanted(root));
      });
    }),
    { numRuns: 60 },
  );
});

function contentOf(image: Image, found: Found): string | undefined {
  if ((found.inode.mode & 0o170000) !== S_IFREG) return undefined;
  const content = Buffer.alloc(found.inode.size);
  image.pieces(found, (at, bytes) => bytes.copy(content, at));
  return content.toString('latin1');
}

/** An image with a folder in a folder, files with indirect blocks, links of both kinds. */
function sample(image: string): { known: Known; size: number } {
  const fields = { permissions: 0o755, uid: 0, gid: 0, modified: 0 };
  const make = (key: string, type: number, rest: Parameters<typeof entry>[2]) => ({
    ...entry(type, fields, rest),
    name: Buffer.from(key),
  });
  const root = entry(S_IFDIR, fields, {
    entries: [
      make('folder', S_IFDIR, {
        entries: [make('inner', S_IFDIR, { entries: [make('file', S_IFREG, { content: Buffer.from('deep') })] })],
      }),
      make('large', S_IFREG, { content: Buffer.alloc(300_000, 'large') }),
      make('link', S_IFLNK, { target: Buffer.from('t'.repeat(500)) }),
      make('short', S_IFLNK, { target: Buffer.from('short') }),
    ],
  });
  const { size, inodes } = writeImage(image, '/nowhere', root, trees, { blockSize: 1024, freeSpace: 100_000, maxSize: 2 ** 30 });
  return { known: knownOf(root, inodes, new Map()), size };
}

test('damaged images: an answer in bounded time, no more read than there is, and nothing written outside', () => {
  const { folder, image } = workplace();
  const { known } = sample(image);
  const broken = path.join(folder, 'broken');
  const rootfs = path.join(folder, 'rootfs');
  // Superblock, descriptors, bitmaps, inodes, and the blocks that are used.
  const used = 700 * 1024;
  const damage = fc.array(
    fc.record({
      at: fc.oneof(
        fc.nat(used),
        fc.integer({ min: 1024, max: 1024 + 128 }),
        fc.nat(64 * 128).map((at) => 5 * 1024 + at),
      ),
      bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.constant(new Uint8Array([255, 255, 255, 255]))),
    }),
    { minLength: 1, maxLength: 12 },
  );
  let whole = 0;
  fc.assert(
    fc.property(damage, (damages) => {
      copyFileSync(image, broken);
      rmSync(rootfs, { recursive: true, force: true });
      mkdirSync(rootfs);
      const outcome = new Outcome();
      opened(broken, (fd) => {
        for (const { at, bytes } of damages) writeSync(fd, bytes, 0, bytes.length, at);
        const started = performance.now();
        try {
          const read = new Image(fd, limits);
          let bytes = 0;
          const visit = (found: Found): void => {
            if (found.damage === undefined && (found.inode.mode & 0o170000) === S_IFREG)
              read.pieces(found, (_, piece) => (bytes += piece.length));
            for (const child of found.entries ?? []) visit(child);
          };
          visit(read.root);
          expect(bytes).toBeLessThanOrEqual(lstatSync(broken).size);
          const part = { kind: 'host', source: rootfs, readOnly: false, volume: true } as const;
          carry({ ...known, part }, { image: read, id: 'fuzz', trees, outcome });
          whole += 1;
        } catch (error) {
          // A sentence, and no accident.
          expect(error).toMatchObject({ code: 'ERR_IMAGE', message: expect.stringMatching(/^the image/) });
        }
        expect(performance.now() - started).toBeLessThan(10_000);
      });
      expect(readdirSync(folder).sort()).toEqual(['broken', 'image', 'rootfs']);
      for (const found of readdirSync(rootfs)) expect(found).not.toMatch(/^\.runnc-part/);
    }),
    { numRuns: 200 },
  );
  expect(whole).toBeGreaterThan(20);
});

test.each<[string, (fd: number, put: (at: number, ...bytes: number[]) => void) => void, string | RegExp]>([
  ['no superblock', (_, put) => put(1024 + 56, 0, 0), 'it has no superblock'],
  ['extents', (_, put) => put(1024 + 96, 0x42), 'it has features that ext2 has not (0x40)'],
  ['more blocks than bytes', (_, put) => put(1024 + 4, 255, 255, 255), /it says that it has 16777215 blocks of 1024 bytes/],
  ['no inodes', (_, put) => put(1024 + 40, 0, 0, 0, 0), /inodes in \d groups of 0/],
  ['a table outside', (_, put) => put(2048 + 8, 255, 255, 255, 255), 'the inodes of group 0 are outside of it'],
])('%s: a sentence', (_, harm, sentence) => {
  const { image } = workplace();
  sample(image);
  opened(image, (fd) => {
    harm(fd, (at, ...bytes) => writeSync(fd, Buffer.from(bytes), 0, bytes.length, at));
    expect(() => new Image(fd, limits)).toThrow(sentence);
  });
});

test('a block that two files have: neither is believed, the others are', () => {
  const { image } = workplace();
  sample(image);
  opened(image, (fd) => {
    const byName = (read: Image) =>
      Object.fromEntries(read.root.entries?.map((found) => [found.name.toString(), found.damage]) ?? []);
    const first = new Image(fd, limits);
    const [large, link] = ['large', 'link'].map(
      (key) => first.root.entries?.find((found) => found.name.toString() === key)?.inode,
    );
    const bytes = readFileSync(image);
    // The long symlink is given the block of the file's beginning.
    const pointers = bytes.indexOf(link?.pointers as Buffer);
    writeSync(fd, large?.pointers as Buffer, 0, 4, pointers);
    const told = expect.stringMatching(/^its block \d+ belongs to something else too$/);
    expect(byName(new Image(fd, limits))).toEqual({ folder: undefined, large: told, link: told, short: undefined });
  });
});
