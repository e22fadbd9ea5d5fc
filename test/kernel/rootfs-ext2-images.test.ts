/** Images of rootfs-ext2 as the kernel and e2fsck see them. */
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { Graft } from '../../core/tree/mounts.ts';
import * as trees from '../../core/tree/tools.ts';
import { fillSlots } from '../../plugins/rootfs-ext2/fill.ts';
import { writeImage } from '../../plugins/rootfs-ext2/write.ts';
import { check, makeExt2, mounted } from './ext2-images.ts';
import { describeTree, everything, limits, workplace } from './trees.ts';

const describe = (root: string) => describeTree(Buffer.from(root));

test.each([1024, 2048, 4096])('a tree with everything, with blocks of %i bytes', async (blockSize) => {
  const { folder, rootfs, image } = workplace();
  mkdirSync(`${rootfs}/many`);
  for (let index = 0; index < 300; index++) writeFileSync(`${rootfs}/many/file-${index}-${'k'.repeat(index % 200)}`, `${index}`);
  for (const size of [0, 1, 12 * blockSize, 12 * blockSize + 1, (12 + blockSize / 4) * blockSize + 1]) {
    writeFileSync(`${rootfs}/size-${size}`, Buffer.alloc(size, size % 251));
  }
  writeFileSync(`${rootfs}/holes`, '');
  // Triple indirect with blocks of 1 KiB.
  truncateSync(`${rootfs}/holes`, 70 << 20);
  linkSync(`${rootfs}/size-1`, `${rootfs}/many/hard`);
  for (const [index, length] of [1, 59, 60, 61, 1023].entries()) symlinkSync('t'.repeat(length), `${rootfs}/link-${index}`);
  writeFileSync(`${rootfs}/${'n'.repeat(255)}`, 'long');
  writeFileSync(Buffer.concat([Buffer.from(`${rootfs}/-rf\n`), Buffer.from([0xff, 0x20])]), 'odd');
  symlinkSync('/etc/shadow', `${rootfs}/absolute`);
  writeFileSync(`${rootfs}/owned`, 'x');
  chownSync(`${rootfs}/owned`, 70_000, 4_000_000_000);
  chmodSync(`${rootfs}/owned`, 0o6751);
  utimesSync(`${rootfs}/owned`, 1, -1000);
  for (const [name, ...numbers] of [
    ['null', 'c', '1', '3'],
    ['disk', 'b', '259', '300'],
    ['fifo', 'p'],
  ]) {
    await execa('mknod', [`${rootfs}/${name}`, ...numbers]);
  }
  makeExt2(rootfs, image, { blockSize });
  await check(image);
  await mounted(image, folder, (place) => {
    expect(describe(place)).toEqual(describe(rootfs));
    expect([lstatSync(`${place}/null`).rdev, lstatSync(`${place}/disk`).rdev]).toEqual([
      lstatSync(`${rootfs}/null`).rdev,
      lstatSync(`${rootfs}/disk`).rdev,
    ]);
  });
  // Holes stay holes, and zeros become some.
  expect(lstatSync(image).blocks * 512).toBeLessThan(10 << 20);
});

test.each([1024, 4096])(
  'slots that are filled in later: the image is as if they had been there, with blocks of %i bytes',
  async (blockSize) => {
    const { folder, rootfs, image } = workplace();
    writeFileSync(`${rootfs}/before`, 'before');
    const slots = ['/etc/hosts', '/etc/resolv.conf', '/before', '/empty'];
    const own = trees.readTree(rootfs, limits, everything);
    const tree = trees.withSlots(own, slots, []);
    const written = writeImage(image, rootfs, tree, trees, { blockSize, freeSpace: 1 << 20, maxSize: limits.maxSize });
    const contents = ['', 'nameserver 192.0.2.1\n', 'x'.repeat(300_000), ''].map((text) => Buffer.from(text));
    const files = slots.map((inside, index) => {
      const content = contents[index] as Buffer;
      const entry = {
        ...trees.emptySlot(inside),
        mode: 0o100640,
        uid: 7,
        gid: 8,
        modified: 1_000_000,
        data: { size: content.length, content },
      };
      return { inside, destination: inside, entry };
    });
    // Twice, as at `start`: what was more before is free again.
    const more = files.map((file) => ({
      ...file,
      entry: { ...file.entry, data: { size: 400_000, content: Buffer.alloc(400_000, 1) } },
    }));
    const once = fillSlots(image, written, more.slice(0, 2));
    await check(image);
    const none = files.map((file) => ({ ...file, entry: { ...file.entry, data: { size: 0 } } }));
    fillSlots(image, written, none, once);
    await check(image);
    fillSlots(image, written, files);
    await check(image);
    await mounted(image, folder, (place) => {
      for (const [index, inside] of slots.entries()) {
        expect(readFileSync(place + inside).equals(contents[index] as Buffer)).toBe(true);
        expect(lstatSync(place + inside)).toMatchObject({ mode: 0o100640, uid: 7, gid: 8, mtimeMs: 1_000_000, nlink: 1 });
      }
      writeFileSync(`${place}/more`, Buffer.alloc(200_000));
    });
    await check(image);
    const [first] = files;
    const large = { size: 2 << 20, content: Buffer.alloc(2 << 20) };
    expect(() => fillSlots(image, written, [{ ...first, entry: { ...first?.entry, data: large } } as Graft])).toThrow(
      'there is no room for /etc/hosts in the image',
    );
  },
);

test('limits of ext2 and of ours are sentences', { timeout: 60_000 }, async () => {
  const { rootfs, image } = workplace();
  symlinkSync('x'.repeat(2000), `${rootfs}/long`);
  expect(() => makeExt2(rootfs, image)).toThrow('"/long" is a symlink of 2000 bytes, longer than a block of 1024');
  makeExt2(rootfs, image, { blockSize: 4096 });
  await check(image);
  rmSync(`${rootfs}/long`);
  await execa('truncate', ['-s', '5G', `${rootfs}/holes`]);
  const tree = trees.readTree(rootfs, limits, everything);
  rmSync(image);
  const write = (maxSize: number) => writeImage(image, rootfs, tree, trees, { blockSize: 1024, freeSpace: 0, maxSize });
  expect(() => write(2 ** 32)).toThrow(/the image would have 51\d\d MiB, more than 4096/);
});
