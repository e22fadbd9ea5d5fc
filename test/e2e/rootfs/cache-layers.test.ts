/** Which container has which image of the cache, as what its layers hold says. */
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, inject, test } from 'vitest';
import { imageIn, keptIn, noise } from './cached.ts';
import { type LayeredContainer, layeredImage } from './overlays.ts';

test('where nothing is put in, the guest has the cached file itself; else a copy', async () => {
  const image = layeredImage([{ 'a/file': 'one' }, { 'a/other': 'two', large: noise(500_000) }]);
  const [first, second, third] = [
    await image.container(),
    await image.container(),
    await image.container({ hosts: 'mine\n', args: ['read', '/etc/hosts'] }),
  ];
  const listed = (await first.run()).stdout;
  expect(listed).toMatch(/ \/a\/file\n.* \/a\/other\n/);
  await second.runnc('create', second.id);
  expect(keptIn(image.cache)).toHaveLength(1);
  expect(statSync(imageIn(image.cache)).nlink).toBe(2);
  expect((await second.runnc('cache', 'ls')).stdout).toMatch(/iso9660 2 .* 1 +\S+layer-0\n1 images/);
  await second.runnc('delete', '--force', second.id);
  expect(statSync(imageIn(image.cache)).nlink).toBe(1);
  expect((await third.run()).stdout).toBe('mine');
  // A file more that differs: another image.
  expect(keptIn(image.cache)).toHaveLength(2);
  expect(readdirSync(path.join(image.cache, 'containers'))).toEqual([]);
});

test('what the container has written, removed and replaced is as it is in its root file system', async () => {
  const image = layeredImage([{ 'etc/app/one': '1', 'etc/app/two': '2', kept: 'kept' }]);
  const plain = await image.container();
  const before = (await plain.run()).stdout;
  const written = await image.container({ written: { 'etc/app/three': '3' } });
  unlinkSync(path.join(written.rootfs, 'etc/app/one'));
  const { stdout } = await written.run();
  expect(stdout).toContain(' /etc/app/three');
  expect(stdout).not.toContain('/etc/app/one');
  expect(stdout).toContain(' /etc/app/two');
  // Nothing but a whiteout, and a folder that hides all below it: no content, and another image all the same.
  const removed = await image.container();
  rmSync(path.join(removed.rootfs, 'etc/app'), { recursive: true });
  mkdirSync(path.join(removed.rootfs, 'etc/app'));
  expect((await removed.run()).stdout.split('\n').filter((line) => line.includes('/etc/app'))).toHaveLength(1);
  expect((await (await image.container()).run()).stdout).toBe(before);
});

test('a file of a layer that somebody changes by hand, its time set back, is seen', async () => {
  const image = layeredImage([{ 'a/file': 'old!' }]);
  const args = ['read', '/a/file'];
  expect((await (await image.container({ args })).run()).stdout).toBe('old!');
  const file = path.join(image.layers[0] as string, 'a/file');
  const { atime, mtime } = lstatSync(file);
  writeFileSync(file, 'new!');
  utimesSync(file, atime, mtime);
  const changed = await (await image.container({ args })).run();
  expect(changed).toMatchObject({
    stdout: 'new!',
    status: 0,
    stderr: expect.stringContaining('somebody has changed files of the layers'),
  });
  expect(await (await image.container({ args })).run()).toMatchObject({ stdout: 'new!', stderr: '' });
});

describe.each([
  ["Docker's and Podman's", (index: number) => `overlay2/${'0123456789abcdef'.repeat(4)}-${index}/diff`],
  ["containerd's", (index: number) => `io.containerd.snapshotter.v1.overlayfs/snapshots/${index}/fs`],
])('layers in %s store', (_whose, placeOf) => {
  const stored = (content: string) => {
    const image = layeredImage([{ 'a/file': content, 'a/other': 'other' }], placeOf);
    const [layer] = image.layers as [string];
    writeFileSync(path.join(path.dirname(layer), 'link'), 'SHORTNAME');
    const read = async () => (await image.container({ args: ['read', '/a/file'] })).run();
    return { image, file: path.join(layer, 'a/file'), read };
  };

  test('are looked at by their folders: a file that becomes another one is seen', async () => {
    const { file, read } = stored('old!');
    expect((await read()).stdout).toBe('old!');
    expect(await read()).toMatchObject({ stdout: 'old!', stderr: '' });
    // As editors and package managers do it.
    writeFileSync(`${file}.new`, 'new!');
    renameSync(`${file}.new`, file);
    expect(await read()).toMatchObject({ stdout: 'new!', stderr: expect.stringContaining('somebody has changed files') });
    expect(await read()).toMatchObject({ stdout: 'new!', stderr: '' });
  });

  test('are looked at by their files once in each boot of the machine, and by cache verify', async () => {
    const { image, file, read } = stored('old!');
    expect((await read()).stdout).toBe('old!');
    // What the engines forbid: the file itself is written over.
    writeFileSync(file, 'new!');
    expect(await read()).toMatchObject({ stdout: 'old!', stderr: '' });
    const record = imageIn(image.cache).replace('.img', '.json');
    writeFileSync(record, JSON.stringify({ ...JSON.parse(readFileSync(record, 'utf8')), boot: 'another' }));
    expect(await read()).toMatchObject({ stdout: 'new!', stderr: expect.stringContaining('somebody has changed files') });
    writeFileSync(file, 'last');
    const { runnc } = await image.container();
    expect(await runnc('cache', 'verify')).toMatchObject({
      stdout: expect.stringMatching(/ {3}of layers that somebody has changed, removed\n1 images, 0 damaged/),
      status: 0,
    });
    expect((await read()).stdout).toBe('last');
    rmSync(image.layers[0] as string, { recursive: true });
    expect((await runnc('cache', 'verify')).stdout).toContain('of layers that are gone, removed');
    expect(keptIn(image.cache)).toEqual([]);
  });
});

test('layers are looked through once for each later container, and not for one without a disk, or whose disk is a file', async () => {
  const image = layeredImage([{ 'a/file': 'one', hello: readFileSync(path.join(inject('guests'), 'hello.spt')) }]);
  const programs = async (container: LayeredContainer) => {
    const trace = path.join(container.folder, 'trace');
    const root = ['--root', path.join(container.folder, 'state'), '--config', path.join(container.folder, 'runnc.config.json')];
    const strace = ['-f', '-o', trace, '-e', 'trace=execve', inject('runnc'), ...root, 'run', container.id];
    const { stdout } = await execa('strace', strace, { cwd: container.folder, reject: false });
    const looked = readFileSync(trace, 'utf8').match(/execve\("\/usr\/bin\/find"/g) ?? [];
    return { looked: looked.length, stdout };
  };
  // The first one is looked at when its image is built.
  for (const _ of ['first', 'second', 'third']) {
    expect(await programs(await image.container({ args: ['read', '/a/file'] }))).toEqual({ looked: 1, stdout: 'one' });
  }
  const without = await programs(await image.container({ guest: 'hello', args: [] }));
  expect(without).toEqual({ looked: 0, stdout: expect.stringContaining('Hello') });
  const other = layeredImage([{ disk: Buffer.alloc(32_768 + 4096) }]);
  const disk = await other.container({ env: ['RUNNC_BLOCK_rootfs=/disk'], config: { cacheDirectory: image.cache } });
  expect(await programs(disk)).toEqual({ looked: 0, stdout: '' });
});

test('an image in the cache that is not what was written is not used', async () => {
  const image = layeredImage([{ file: 'right' }]);
  const args = ['read', '/file'];
  const read = async () => (await (await image.container({ args })).run()).stdout;
  expect(await read()).toBe('right');
  const file = imageIn(image.cache);
  const bytes = readFileSync(file);
  writeFileSync(file, Buffer.from(bytes.toString('latin1').replace('right', 'wrong'), 'latin1'));
  expect(await read()).toBe('right');

  // As a disk, or a machine that was switched off, may leave it: the same file, size and time.
  const { atimeMs, mtimeMs } = statSync(imageIn(image.cache));
  writeFileSync(imageIn(image.cache), Buffer.from(bytes.toString('latin1').replace('right', 'wrong'), 'latin1'));
  utimesSync(imageIn(image.cache), atimeMs / 1000, mtimeMs / 1000);
  const verifier = await image.container({ args });
  const record = imageIn(image.cache).replace('.img', '.json');
  const entry = JSON.parse(readFileSync(record, 'utf8'));
  writeFileSync(
    record,
    JSON.stringify({
      ...entry,
      file: [statSync(imageIn(image.cache)).ino, bytes.length, statSync(imageIn(image.cache)).mtimeMs].join(' '),
      boot: 'another',
    }),
  );
  const { stderr, stdout } = await verifier.run();
  expect(stdout).toBe('right');
  expect(stderr).toContain('it was damaged when the machine ended');

  writeFileSync(imageIn(image.cache), 'x');
  expect(await verifier.runnc('cache', 'verify')).toMatchObject({
    stdout: expect.stringContaining('damaged, removed'),
    status: 1,
  });
  expect(await verifier.runnc('cache', 'verify')).toMatchObject({ stdout: '0 images, 0 damaged', status: 0 });
});
