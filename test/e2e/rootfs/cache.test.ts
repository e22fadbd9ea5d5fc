/** Root images are built once for all containers of an image, and are right for each. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  watch,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { connect } from '../engine/connect.ts';
import { podmanAt } from '../podman-at.ts';
import { workplace } from '../workplace.ts';
import { layeredImage } from './overlays.ts';

const { docker, buildImage } = connect();
const place = workplace();
const noise = (size: number) => Buffer.from(Array.from({ length: size }, (_, index) => (index * 7919) >> 5));

/** Names of the images that are kept. */
const keptIn = (cache: string): string[] =>
  existsSync(path.join(cache, 'images')) ? readdirSync(path.join(cache, 'images')).filter((name) => name.endsWith('.img')) : [];
const allIn = (cache: string): string[] =>
  existsSync(cache) ? readdirSync(cache).flatMap((name) => readdirSync(path.join(cache, name))) : [];
const imageIn = (cache: string): string => path.join(cache, 'images', keptIn(cache)[0] as string);

/** How often an image appears in the cache while `work` is done. */
async function buildsOf(cache: string, work: () => Promise<void>): Promise<number> {
  mkdirSync(path.join(cache, 'images'), { recursive: true, mode: 0o700 });
  const known = new Set(keptIn(cache));
  let builds = 0;
  const watcher = watch(path.join(cache, 'images'), (_, name) => {
    if (name?.endsWith('.img') && !known.has(name)) builds += 1;
  });
  await work();
  await vi.waitFor(() => expect(builds).toBeGreaterThan(0));
  watcher.close();
  return builds;
}

test('through Docker: 8 containers at once build one image, and each has its own files of the engine', async () => {
  const files = {
    '/list-iso': path.join(inject('guests'), 'list-iso.spt'),
    '/large': noise(3_000_000),
    '/id': Buffer.from(`${process.pid}`),
  };
  await buildImage('cached', { files, entrypoint: ['/list-iso'] });
  const builds = await buildsOf('/var/cache/runnc', async () => {
    const runs = Array.from({ length: 8 }, async (_, index) => {
      const arguments_ = ['--rm', '--hostname', `host-${index}`, '--add-host', `peer-${index}:192.0.2.${index}`];
      const ran = await docker(
        'run',
        '--runtime=runnc',
        ...arguments_,
        'cached',
        'read',
        '/etc/hostname',
        'read',
        '/etc/hosts',
        'list',
      );
      expect(ran).toMatchObject({ stderr: '', status: 0 });
      expect(ran.stdout).toMatch(new RegExp(`^host-${index}\n`));
      expect(ran.stdout).toContain(`192.0.2.${index}\tpeer-${index}\n`);
      expect(ran.stdout).toContain(' /large\n');
      return ran.stdout.slice(ran.stdout.indexOf('40755')).replace(/ \d+ \d+ (?=\/etc\/(hosts|hostname)$)/gm, ' ');
    });
    expect(new Set(await Promise.all(runs)).size).toBe(1);
  });
  expect(builds).toBe(1);
});

test('through Docker: what was put into a container before it started is in its image, and in no other one', async () => {
  const files = { '/list-iso': path.join(inject('guests'), 'list-iso.spt'), '/of-image': Buffer.from('image') };
  await buildImage('copied-into', { files, entrypoint: ['/list-iso'] });
  const list = async (...args: string[]) => (await docker('run', '--runtime=runnc', '--rm', 'copied-into', ...args)).stdout;
  expect(await list('read', '/of-image')).toBe('image');
  const place = mkdtempSync('/tmp/runnc-copied-');
  onTestFinished(() => rmSync(place, { recursive: true }));
  writeFileSync(path.join(place, 'of-image'), 'changed');
  await docker('create', '--runtime=runnc', '--name', 'changed', 'copied-into', 'read', '/of-image');
  onTestFinished(async () => void (await docker('rm', '--force', 'changed')));
  await docker('cp', path.join(place, 'of-image'), 'changed:/of-image');
  expect((await docker('start', '--attach', 'changed')).stdout).toBe('changed');
  expect(await list('read', '/of-image')).toBe('image');
});

test('through Podman without overlays: by a hash of all that is in it', async () => {
  const podman = podmanAt(place);
  const [root, archive] = [path.join(place.folder, 'of-image'), path.join(place.folder, 'of-image.tar')];
  mkdirSync(root);
  execFileSync('cp', [path.join(inject('guests'), 'list-iso.spt'), path.join(root, 'list-iso')]);
  writeFileSync(path.join(root, 'id'), `${process.pid} ${Date.now()}`);
  execFileSync('tar', ['-C', root, '-cf', archive, '.']);
  const imported = await podman('import', '--quiet', '--change', 'ENTRYPOINT ["/list-iso"]', archive, 'hashed');
  expect(imported.status).toBe(0);
  const alone = ['--rm', '--network=none', `--cgroup-parent=/${place.name}`];
  const builds = await buildsOf('/var/cache/runnc', async () => {
    for (const name of ['one', 'two']) {
      const ran = await podman('run', ...alone, `--hostname=${name}`, 'hashed', 'read', '/etc/hostname', 'list');
      expect(ran).toMatchObject({ status: 0, stderr: '' });
      expect(ran.stdout).toMatch(new RegExp(`^${name}40755 `));
      expect(ran.stdout).toContain(' /id\n');
    }
  });
  expect(builds).toBe(1);
});

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
  expect((await second.runnc('cache', 'ls')).stdout).toMatch(/iso9660 1 .* 1 +\S+layer-0\n1 images/);
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

test('no more than cacheSize is kept, and what was not used for longest goes first', async () => {
  const config = { cacheSize: '1m' };
  const images = [1, 2, 3].map((number) => layeredImage([{ file: `${number}`, large: noise(400_000) }]));
  const cache = (images[0] as (typeof images)[0]).cache;
  const use = async (index: number) => {
    const found = await (images[index] as (typeof images)[0]).container({
      args: ['read', '/file'],
      config: { ...config, cacheDirectory: cache },
    });
    expect((await found.run()).stdout).toBe(`${index + 1}`);
    return found;
  };
  await use(0);
  const [first] = keptIn(cache) as [string];
  await use(1);
  await use(0);
  await use(2);
  expect(keptIn(cache)).toHaveLength(2);
  expect(keptIn(cache)).toContain(first);
  const last = await use(0);
  writeFileSync(path.join(cache, 'containers/00000000-of-another-boot.iso'), 'x');
  writeFileSync(path.join(cache, 'images/0123.new'), 'of a builder that was killed');
  expect((await last.runnc('cache', 'prune')).stdout).toBe('removed 0 images of 0.0 MiB, and 2 leftovers');
  expect((await last.runnc('cache', 'prune', '--all')).stdout).toMatch(/^removed 2 images of 0\.\d MiB/);
  expect(allIn(cache).filter((name) => /\.(img|iso|new)$/.test(name))).toEqual([]);
  // One that is larger than all of it, and none at all.
  for (const cacheSize of ['100k', 0]) {
    const large = await (images[0] as (typeof images)[0]).container({ args: ['read', '/file'], config: { cacheSize } });
    expect((await large.run()).stdout).toBe('1');
    expect(keptIn(cache)).toEqual([]);
  }
});

test('whoever builds may be killed at any time: the next one begins anew, and nothing is left', async () => {
  const image = layeredImage([
    { file: 'whole', ...Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`f${index}`, noise(500_000)])) },
  ]);
  const folder = path.join(image.cache, 'images');
  for (const moment of ['.new', '.json', '.img', '.iso']) {
    const killed = await image.container({ hosts: 'x\n' });
    const root = ['--root', path.join(killed.folder, 'state'), '--config', path.join(killed.folder, 'runnc.config.json')];
    const creating = spawn(inject('runnc'), [...root, 'create', killed.id], { cwd: killed.folder, stdio: 'ignore' });
    const gone = once(creating, 'exit');
    await vi.waitFor(() => expect(allIn(image.cache).some((name) => name.endsWith(moment))).toBe(true), {
      timeout: 20_000,
      interval: 1,
    });
    creating.kill('SIGKILL');
    await gone;
    await killed.runnc('delete', '--force', killed.id);
    expect(readdirSync(path.join(image.cache, 'containers'))).toEqual([]);
    const next = await image.container({ hosts: 'y\n', args: ['read', '/file', 'read', '/etc/hosts'] });
    expect((await next.run()).stdout).toBe('wholey');
    expect(
      readdirSync(folder)
        .map((name) => path.extname(name))
        .sort(),
    ).toEqual(['.img', '.json']);
    await next.runnc('cache', 'prune', '--all');
    expect(readdirSync(folder)).toEqual([]);
  }
});

test('a full disk: what is kept makes room, what there is no room for is said, and nothing is left', async () => {
  const small = mkdtempSync('/var/tmp/runnc-small-');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=5m', 'tmpfs', small]);
  onTestFinished(() => {
    execFileSync('umount', [small]);
    rmSync(small, { recursive: true });
  });
  const config = { cacheDirectory: small };
  const [one, two, three] = [1, 2, 3].map((number) => layeredImage([{ file: `${number}`, large: noise(number * 1_500_000) }]));
  const run = async (image: typeof one, hosts?: string) =>
    (await (image as NonNullable<typeof one>).container({ args: ['read', '/file'], config, ...(hosts ? { hosts } : {}) })).run();
  expect((await run(one)).stdout).toBe('1');
  expect((await run(two)).stdout).toBe('2');
  // There is room for one of it, and not for two: it is not kept.
  expect((await run(two, 'x\n')).stdout).toBe('2');
  expect(readdirSync(path.join(small, 'containers'))).toEqual([]);
  expect(allIn(small).filter((name) => name.endsWith('.new'))).toEqual([]);
  const much = layeredImage([{ large: noise(6_000_000) }]);
  const refused = await (await much.container({ config })).run();
  expect(refused.stderr).toMatch(
    /the image of the root file system has 6 MiB, and \S+ has \d MiB left; make room, or set cacheDirectory/,
  );
  expect(allIn(small).filter((name) => /\.(new|iso)$/.test(name))).toEqual([]);
  expect((await run(three)).stdout).toBe('3');
});

test.each(['xfs', 'btrfs'])('on %s a copy is a reflink', async (type) => {
  const place = mkdtempSync('/var/tmp/runnc-reflink-');
  const where = path.join(place, 'on');
  mkdirSync(where);
  await execa('truncate', ['-s', '400M', path.join(place, 'disk')]);
  await execa(`mkfs.${type}`, ['-q', path.join(place, 'disk')]);
  await execa('mount', ['-o', 'loop', path.join(place, 'disk'), where]);
  onTestFinished(async () => {
    await execa('umount', [where]);
    rmSync(place, { recursive: true });
  });
  const image = layeredImage([{ large: noise(20_000_000) }]);
  const config = { cacheDirectory: path.join(where, 'cache') };
  await (await image.container({ hosts: 'x\n', config })).run();
  const used = async () => {
    await execa('sync', ['--file-system', where]);
    return Number((await execa('df', ['--output=used', '--block-size=1', where])).stdout.split('\n')[1]);
  };
  const before = await used();
  const second = await image.container({ hosts: 'y\n', config, args: ['read', '/etc/hosts'] });
  await second.runnc('create', second.id);
  expect((await used()) - before).toBeLessThan(4_000_000);
  await second.runnc('delete', '--force', second.id);
  expect((await second.run()).stdout).toBe('y');
});
