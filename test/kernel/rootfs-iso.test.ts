/** Images of real trees, read by programs of other people and compared with the tree; and trees made to do harm. */
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import * as trees from '../../core/tree/tools.ts';
import { readImage } from '../../plugins/rootfs-iso/testing/read-image.ts';
import { writeImage } from '../../plugins/rootfs-iso/write.ts';
import { describeTree, everything, limits, makeImage, workplace } from './trees.ts';

const latin1 = (name: string) => Buffer.from(name, 'latin1');
const inside = (folder: string, name: string) => Buffer.concat([Buffer.from(`${folder}/`), latin1(name)]);

/** All that an image can hold. */
async function fill(rootfs: string): Promise<void> {
  const write = (name: string, content: string | Buffer) => writeFileSync(inside(rootfs, name), content);
  write('hello', 'hello\n');
  linkSync(`${rootfs}/hello`, `${rootfs}/hard`);
  mkdirSync(`${rootfs}/etc`);
  linkSync(`${rootfs}/hello`, `${rootfs}/etc/hard`);
  for (const [index, target] of ['/abs/olute', '../../..', 'nowhere', '/', 'a//b/./c/', 'x'.repeat(1000)].entries()) {
    symlinkSync(target, `${rootfs}/link-${index}`);
  }
  symlinkSync(Array.from({ length: 1300 }, () => 'ab').join('/'), `${rootfs}/link-long`);
  write('n'.repeat(255), 'a long name');
  symlinkSync(`${'q'.repeat(255)}/r`, `${rootfs}/${'m'.repeat(255)}`);
  write('\xff\xfe not UTF-8', 'bytes');
  write('new\nline', 'line');
  write('-rf', 'dash');
  write('a=b\\c', 'quotes');
  write('empty', '');
  write('sector', Buffer.alloc(2048, 's'));
  write('large', Buffer.from(Array.from({ length: 3_000_001 }, (_, index) => (index * 7919) >> 3)));
  chownSync(`${rootfs}/large`, 1000, 65534);
  chmodSync(`${rootfs}/large`, 0o4751);
  mkdirSync(`${rootfs}/empty folder`, 0o700);
  const deep = Array.from({ length: 40 }, (_, index) => `d${index}`).join('/');
  mkdirSync(`${rootfs}/${deep}`, { recursive: true });
  write(`${deep}/bottom`, 'deep down');
  mkdirSync(`${rootfs}/many`);
  for (let index = 0; index < 300; index++) write(`many/file-${index}-${'k'.repeat(index % 200)}`, `content ${index}`);
  await execa('mkfifo', [`${rootfs}/fifo`]);
  for (const name of ['hello', 'large', 'many', 'etc']) utimesSync(`${rootfs}/${name}`, 1_000_000_000, 1_234_567_890);
}

test('bsdtar reads every byte and inode of a tree that has everything', { timeout: 60_000 }, async () => {
  const { folder, rootfs, image } = workplace();
  await fill(rootfs);
  makeImage(rootfs, image);
  const back = path.join(folder, 'back');
  mkdirSync(back);
  await execa('bsdtar', ['-C', back, '--numeric-owner', '-xpf', image]);
  const [original, read] = [describeTree(Buffer.from(rootfs)), describeTree(Buffer.from(back))];
  expect(Object.keys(read).length).toBeGreaterThan(350);
  expect(read).toEqual(original);
});

test('xorriso and isoinfo read it too, as far as they go', { timeout: 60_000 }, async () => {
  const { folder, rootfs, image } = workplace();
  await fill(rootfs);
  // libisofs refuses targets of more than 1024 bytes, isoinfo dies of much less.
  rmSync(`${rootfs}/link-long`);
  makeImage(rootfs, image);
  const back = path.join(folder, 'back');
  await execa('xorriso', ['-osirrox', 'on', '-indev', image, '-extract', '/', back]);
  const plain = (tree: ReturnType<typeof describeTree>) =>
    Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, { ...(value as object), same: 0, target: '' }]));
  expect(plain(describeTree(Buffer.from(back)))).toEqual(plain(describeTree(Buffer.from(rootfs))));
  for (const name of readdirSync(rootfs, { encoding: 'buffer' }) as unknown as Buffer[]) {
    if (lstatSync(inside(rootfs, name.toString('latin1'))).isSymbolicLink()) rmSync(inside(rootfs, name.toString('latin1')));
  }
  rmSync(image);
  makeImage(rootfs, image);
  const { stdout } = await execa('isoinfo', ['-R', '-i', image, '-x', '/many/file-0-'], { stripFinalNewline: false });
  expect(stdout).toBe('content 0');
  expect((await execa('isoinfo', ['-R', '-i', image, '-f'])).stdout).toContain('/d0/d1/d2/d3/d4/d5/d6/d7/d8/d9/d10');
});

test('device nodes are recorded, and what is left out is left out at the top only', async () => {
  const { rootfs, image } = workplace();
  await execa('mknod', [`${rootfs}/null`, 'c', '1', '3']);
  await execa('mknod', [`${rootfs}/disk`, 'b', '259', '300']);
  for (const name of ['dev', 'sub/dev']) {
    mkdirSync(`${rootfs}/${name}`, { recursive: true });
    writeFileSync(`${rootfs}/${name}/file`, 'x');
  }
  makeImage(rootfs, image, (place) => place === '/dev');
  const found = readImage(readFileSync(image));
  expect([...found.keys()]).toEqual(['', '/disk', '/null', '/sub', '/sub/dev', '/sub/dev/file']);
  expect([found.get('/null')?.device, found.get('/disk')?.device]).toEqual([
    [1, 3],
    [259, 300],
  ]);
});

test('what is put in the place of a file or folder after it was found is not read', () => {
  const { folder, rootfs, image } = workplace();
  writeFileSync(path.join(folder, 'secret'), 'secret');
  mkdirSync(`${rootfs}/sub`);
  writeFileSync(`${rootfs}/sub/file`, 'public');
  const tree = trees.readTree(rootfs, limits, everything);
  const refused = (sentence: RegExp) => {
    writeFileSync(image, '');
    expect(() => writeImage(image, rootfs, tree, trees)).toThrow(sentence);
    rmSync(image, { force: true });
  };
  renameSync(`${rootfs}/sub/file`, `${rootfs}/file`);
  symlinkSync(path.join(folder, 'secret'), `${rootfs}/sub/file`);
  refused(/ELOOP/);
  rmSync(`${rootfs}/sub/file`);
  writeFileSync(`${rootfs}/sub/file`, 'secret');
  refused(/"file" in the image changed while it was read/);
  rmSync(`${rootfs}/sub`, { recursive: true });
  symlinkSync(folder, `${rootfs}/sub`);
  refused(/ELOOP|ENOTDIR/);
});

test('limits: files, bytes, depth; in bounded time', { timeout: 180_000 }, async () => {
  const { rootfs } = workplace();
  const read = (maxFiles: number, maxSize: number) => () => trees.readTree(rootfs, { ...limits, maxFiles, maxSize }, everything);
  mkdirSync(`${rootfs}/many`);
  await execa('bash', ['-c', 'printf "%s\\n" {1..20000} | xargs touch'], { cwd: `${rootfs}/many` });
  expect(read(20_000, 0)).toThrow('the image holds more than 20000 files');
  expect(read(20_001, 0)().entries?.[0]?.entries).toHaveLength(20_000);
  await execa('truncate', ['-s', '1T', `${rootfs}/holes`]);
  expect(read(30_000, 2 ** 34)).toThrow('the image holds more than 16384 MiB');
  rmSync(`${rootfs}/holes`);
  // Deeper than a path can be long.
  await execa('bash', ['-c', 'for i in {1..600}; do mkdir 0123456789 && cd -P 0123456789 2>/dev/null || exit 0; done'], {
    cwd: rootfs,
  });
  expect(read(30_000, 0)).toThrow('the image has folders more than 500 deep');
});
