/** Trees on disk, images of them, and what a tree is inode for inode: for the tests of rootfs-iso. */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished } from 'vitest';
import * as trees from '../../core/tree/tools.ts';
import { writeImage } from '../../plugins/rootfs-iso/write.ts';

export const limits = { maxFiles: 200_000, maxSize: 2 ** 34, plugin: 'rootfs-iso' };
export const everything = () => false;

export function workplace() {
  const folder = mkdtempSync('/tmp/runnc-iso-');
  // Not rmSync: paths may be too long for it.
  onTestFinished(async () => {
    await execa('rm', ['-rf', folder]);
  });
  const rootfs = path.join(folder, 'rootfs');
  mkdirSync(rootfs);
  return { folder, rootfs, image: path.join(folder, 'image.iso') };
}

export function makeImage(rootfs: string, image: string, leaveOut: (path: string) => boolean = everything): void {
  writeFileSync(image, '');
  expect(writeImage(image, rootfs, trees.readTree(rootfs, limits, leaveOut), trees).size).toBe(lstatSync(image).size);
}

/** What a tree is, inode for inode: type, mode, owner, time, links, and what is in it. */
export function describeTree(
  folder: Buffer,
  below = '',
  inodes = new Map<string, string>(),
  found: Record<string, unknown> = {},
) {
  for (const name of readdirSync(folder, { encoding: 'buffer' }) as unknown as Buffer[]) {
    const place = Buffer.concat([folder, Buffer.from('/'), name]);
    const key = `${below}/${name.toString('latin1')}`;
    const stat = lstatSync(place);
    const inode = `${stat.dev} ${stat.ino}`;
    if (!inodes.has(inode)) inodes.set(inode, key);
    found[key] = {
      mode: stat.mode.toString(8),
      owner: `${stat.uid}:${stat.gid}`,
      seconds: stat.isSymbolicLink() ? 0 : Math.floor(stat.mtimeMs / 1000),
      same: stat.isDirectory() ? 0 : stat.nlink,
      target: stat.isSymbolicLink() ? readlinkSync(place, { encoding: 'buffer' }).toString('latin1') : undefined,
      content: stat.isFile() ? readFileSync(place).toString('base64') : undefined,
    };
    if (stat.isDirectory()) describeTree(place, key, inodes, found);
  }
  return found;
}
