/** What the cache takes of a disk, and what is left of builders that were killed. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { allIn, keptIn, noise } from './cached.ts';
import { layeredImage } from './overlays.ts';

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
