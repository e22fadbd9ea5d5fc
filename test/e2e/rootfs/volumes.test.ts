/** What a guest writes on its way to the host: volumes with devices of their own, sync, and everything that can go wrong. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { type BundleOptions, makeBundle, type TestBundle } from './bundle.ts';

const ext2 = { rootfs: 'ext2' };
const bundle = (words: string, options: Partial<BundleOptions> = {}) =>
  makeBundle({ guest: 'ext2-files', args: words.split(' '), config: ext2, ...options });
const bind = (source: string, destination: string, ...options: string[]) => ({
  destination,
  type: 'bind',
  source,
  options: ['rbind', ...options],
});

function volume(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync('/run/runnc-volume-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  return folder;
}

const contentOf = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));

/** A small file system of its own. */
function smallDisk(size: string): string {
  const folder = mkdtempSync('/run/runnc-small-');
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  onTestFinished(() => {
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

const keptOf = ({ folder }: TestBundle) => {
  const kept = path.join(folder, 'data/kept');
  return existsSync(kept) ? readdirSync(kept) : [];
};
const imagesOf = ({ folder }: TestBundle) => readdirSync(path.join(folder, 'data/rootfs-ext2'));

test('a volume behind a block device of its own: by its name, or by what somebody says', async () => {
  for (const [destination, said] of [
    ['/srv/data', {}],
    ['/elsewhere', { annotations: { 'org.runnc.volume.data': '/elsewhere' } }],
    ['/elsewhere', { env: ['RUNNC_VOLUME_data=/elsewhere'] }],
  ] as const) {
    const host = volume({ old: 'old' });
    const words = 'mkdir /in-root device 2 list read /old write /new new remove /old device 1 list';
    const guest = await bundle(words, { guest: 'ext2-volumes', mounts: [bind(host, destination)], ...said });
    const { stdout, status } = await guest.run();
    expect(stdout.split('\n').filter((line) => !line.endsWith('/lost+found'))).toEqual([
      '33188 1 3 /old',
      'old',
      '16877 2 1024 /in-root',
    ]);
    expect(status).toBe(0);
    expect(contentOf(host)).toEqual({ new: 'new' });
    expect(readdirSync(guest.rootfs).sort()).toEqual(['ext2-volumes', 'in-root']);
    expect(imagesOf(guest)).toEqual([]);
  }
  const readOnly = volume({ old: 'old' });
  const refused = await bundle('device 2 read /old write /old new', {
    guest: 'ext2-volumes',
    mounts: [bind(readOnly, '/data', 'ro')],
  });
  expect(await refused.run()).toMatchObject({ stdout: 'old', status: 159 });
  expect(contentOf(readOnly)).toEqual({ old: 'old' });
});

test('sync: what the guest has written so far, again and again; what the host changes meanwhile keeps its name', async () => {
  const host = volume({ shared: 'first' });
  const words = 'write /data/first one sleep 2 write /data/shared GUEST write /data/second two sleep 60';
  const guest = await bundle(words, { mounts: [bind(host, '/data')] });
  expect(await guest.runnc('create', guest.id)).toMatchObject({ status: 0 });
  expect((await guest.runnc('sync', guest.id)).status).toBe(0);
  expect(contentOf(host)).toEqual({ shared: 'first' });
  await guest.runnc('start', guest.id);
  const appears = (name: string) =>
    vi.waitFor(
      async () => {
        expect(await guest.runnc('sync', guest.id)).toMatchObject({ status: 0 });
        expect(readdirSync(host)).toContain(name);
      },
      { timeout: 20_000, interval: 100 },
    );
  await appears('first');
  writeFileSync(`${host}/shared`, 'host');
  writeFileSync(`${host}/of-the-host`, 'host');
  await appears('second');
  const conflict = `shared.runnc-conflict-${guest.id.slice(0, 12)}`;
  const expected = { first: 'one', second: 'two', shared: 'host', [conflict]: 'GUEST', 'of-the-host': 'host' };
  expect(contentOf(host)).toEqual(expected);
  expect((await guest.runnc('state', guest.id)).stdout).toContain('"running"');
  await guest.runnc('delete', '--force', guest.id);
  expect(contentOf(host)).toEqual(expected);
  expect((await guest.runnc('sync', guest.id)).stderr).toContain('does not exist');
});

test('a delete that is killed while it carries back is repeated, however often', async () => {
  const words = Array.from({ length: 40 }, (_, index) => `mkdir /data/f${index} fill /data/f${index}/large 150000`);
  const host = volume({ gone: 'gone' });
  const guest = await bundle([...words, 'remove /data/gone'].join(' '), { mounts: [bind(host, '/data')] });
  expect((await guest.runnc('run', '--keep', guest.id)).status).toBe(0);
  const root = ['--root', path.join(guest.folder, 'state'), '--config', path.join(guest.folder, 'runnc.config.json')];
  let killed = 0;
  for (const milliseconds of [25, 35, 45, 55, 70, 90]) {
    const deleting = spawn(inject('runnc'), [...root, 'delete', guest.id], { stdio: 'ignore' });
    const gone = once(deleting, 'exit');
    await sleep(milliseconds);
    deleting.kill('SIGKILL');
    const [status] = await gone;
    if (status === null) killed += 1;
    else break;
  }
  expect(killed).toBeGreaterThan(0);
  expect(await guest.runnc('delete', '--force', guest.id)).toMatchObject({ status: 0 });
  expect(readdirSync(host).sort()).toEqual(Array.from({ length: 40 }, (_, index) => `f${index}`).sort());
  for (const name of readdirSync(host)) {
    expect(readdirSync(path.join(host, name))).toEqual(['large']);
    expect(readFileSync(path.join(host, name, 'large')).length).toBe(150_000);
  }
  expect(imagesOf(guest)).toEqual([]);
  expect(keptOf(guest)).toEqual([]);
});

test('an image that the guest has destroyed is kept, and nothing on the host is touched', async () => {
  const guest = await bundle('write 2 destroyed', { guest: 'raw-blocks' });
  writeFileSync(`${guest.rootfs}/file`, 'file');
  const { status, stderr } = await guest.run();
  expect(status).toBe(0);
  expect(stderr).toContain('the image is not an ext2 file system that can be read: it has no superblock');
  const kept = `${guest.id.slice(0, 12)}-storage.ext2`;
  expect(stderr).toContain(`what could not be carried back is in ${path.join(guest.folder, 'data/kept', kept)}`);
  expect(keptOf(guest)).toEqual([kept]);
  expect(readdirSync(guest.rootfs).sort()).toEqual(['file', 'raw-blocks']);
  expect(imagesOf(guest)).toEqual([]);
});

test('no room: for the image an error that leaves nothing, on the way back the image is kept', async () => {
  const small = smallDisk('1m');
  const refused = await bundle('list', { config: { ...ext2, dataDirectory: small } });
  writeFileSync(`${refused.rootfs}/large`, Buffer.alloc(2 << 20, 1));
  expect((await refused.run()).stderr).toMatch(
    /there is no room for the image of the root file system in \/run\/runnc-small-.*; make room, or set cacheDirectory and dataDirectory/,
  );
  expect(readdirSync(small, { recursive: true })).toEqual(['rootfs-ext2']);

  const host = smallDisk('100k');
  const full = await bundle('write /data/small small fill /data/large 200000', { mounts: [bind(host, '/data')] });
  const { stderr, status } = await full.run();
  expect(status).toBe(0);
  expect(stderr).toContain('\\"/data/large\\" cannot be carried back: ENOSPC: no space left on device');
  expect(contentOf(host)).toEqual({ small: 'small' });
  // Nothing is lost: the kernel reads the image.
  const [kept = ''] = keptOf(full);
  const copy = path.join(full.folder, 'copy.ext2');
  copyFileSync(path.join(full.folder, 'data/kept', kept), copy);
  const place = path.join(full.folder, 'mounted');
  mkdirSync(place);
  execFileSync('mount', ['-o', 'loop,ro', copy, place]);
  const size = readFileSync(`${place}/data/large`).length;
  execFileSync('umount', [place]);
  expect(size).toBe(200_000);
});

test('a volume that is another folder by the time that the guest stops is left alone', async () => {
  const host = volume();
  const inner = path.join(host, 'inner');
  mkdirSync(inner);
  const guest = await bundle('write /data/new new', { mounts: [bind(inner, '/data')] });
  expect((await guest.runnc('run', '--keep', guest.id)).status).toBe(0);
  renameSync(inner, `${host}/before`);
  mkdirSync(inner);
  const { stderr } = await guest.runnc('delete', guest.id);
  expect(stderr).toMatch(/is not the folder that it was/);
  for (const name of ['inner', 'before']) expect(readdirSync(path.join(host, name))).toEqual([]);
  expect(keptOf(guest)).toHaveLength(1);
});

test('a machine that ended while a guest ran: the next container of the name has what it wrote', async () => {
  const guest = await bundle('list write /new new say done', { guest: 'ext2-files' });
  expect((await guest.runnc('run', '--keep', guest.id)).stdout).not.toContain('/new');
  // All that is in memory is gone.
  rmSync(path.join(guest.folder, 'state'), { recursive: true });
  expect(readdirSync(guest.rootfs)).toEqual(['ext2-files']);
  expect((await guest.run()).stdout).toMatch(/^33188 1 3 \/new$/m);
  expect(readFileSync(`${guest.rootfs}/new`, 'utf8')).toBe('new');
  expect(imagesOf(guest)).toEqual([]);
});

test("a root that is not mounted any more is not taken for the container's", async () => {
  const guest = await bundle('write /new new');
  expect((await guest.runnc('run', '--keep', guest.id)).status).toBe(0);
  renameSync(guest.rootfs, `${guest.folder}/elsewhere`);
  mkdirSync(guest.rootfs);
  expect((await guest.runnc('delete', guest.id)).stderr).toMatch(/rootfs on the host is not the folder that it was/);
  expect(readdirSync(guest.rootfs)).toEqual([]);
  expect(keptOf(guest)).toHaveLength(1);
});

test('what is mounted and is no volume says so, and what is not there is an error', async () => {
  const guest = await bundle('list', { mounts: [bind('/dev/null', '/run/device'), bind('/nowhere', '/data')] });
  expect((await guest.run()).stderr).toContain('/nowhere, which is to be mounted at /data, is not there');
  const other = await bundle('list', { mounts: [bind('/dev/null', '/run/device')] });
  expect((await other.run()).stderr).toContain('the guest does not see what is mounted at \\"/run/device\\"');
});
