/** A root that the guest writes to, through Docker: what it wrote is the container's, as with any other. */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { connect } from '../engine/connect.ts';
import { nothingLeft, traces } from '../engine/traces.ts';
import { creates } from './creates.ts';

const { docker, buildImage, address } = connect();
const container = creates(docker);
const run = (...args: string[]) => docker('run', '--runtime=runnc', ...args);
const data = '/var/lib/runnc';
const imagesLeft = () =>
  existsSync(data) ? readdirSync(data, { recursive: true }).filter((name) => String(name).endsWith('.ext2')) : [];

beforeAll(async () => {
  const files = {
    '/ext2-files': path.join(inject('guests'), 'ext2-files.spt'),
    '/etc/app.conf': Buffer.from('setting = 1\n'),
    '/srv/gone': Buffer.from('to be removed\n'),
    '/srv/deep/file': Buffer.from('deep\n'),
  };
  await buildImage('ext2-files', { files, entrypoint: ['/ext2-files'], env: { RUNNC_ROOTFS: 'ext2' } });
  // Docker compares times by the second: a file written to in the second in which it was made has not changed for it.
  await sleep(1100);
});

/** Starts it and waits; gives what it printed since. */
async function start(id: string): Promise<string> {
  const { stdout, stderr } = await docker('start', '--attach', id);
  expect(stderr).toBe('');
  return stdout;
}

test('written in the guest: docker diff, docker cp and docker commit have it, and so has the new image', async () => {
  const before = await traces(address);
  const words =
    'list write /srv/new written mkdir /srv/folder fill /srv/folder/large 150000 remove /srv/gone write /etc/app.conf changed';
  const id = await container(
    'ext2-files',
    ...words.split(' '),
    'symlink',
    '/srv/link',
    'new',
    'set',
    '/srv/deep/file',
    '416',
    '1234',
  );
  expect(await start(id)).toContain(' /etc/app.conf\n');
  const diff = (await docker('diff', id)).stdout.trim().split('\n').sort();
  expect(diff).toEqual([
    ...['A /srv/folder', 'A /srv/folder/large', 'A /srv/link', 'A /srv/new'],
    ...['C /etc', 'C /etc/app.conf', 'C /srv', 'C /srv/deep', 'C /srv/deep/file', 'D /srv/gone'],
  ]);
  const out = mkdtempSync('/run/runnc-cp-');
  onTestFinished(() => rmSync(out, { recursive: true }));
  expect((await docker('cp', `${id}:/srv/.`, out)).status).toBe(0);
  const found = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%p %m %y%l\\n'], { cwd: out, encoding: 'utf8' });
  expect(found.trim().split('\n').sort()).toEqual([
    ...['./deep 755 d', './deep/file 640 f', './folder 755 d', './folder/large 644 f', './link 777 lnew', './new 644 f'],
  ]);
  expect(readFileSync(`${out}/new`, 'utf8')).toBe('written');
  expect(readFileSync(`${out}/folder/large`).length).toBe(150_000);
  const upper = (await docker('inspect', '--format', '{{.GraphDriver.Data.UpperDir}}', id)).stdout.trim();
  expect(lstatSync(`${upper}/srv/deep/file`)).toMatchObject({ uid: 1234, gid: 1234 });

  expect((await docker('commit', id, 'ext2-committed')).status).toBe(0);
  onTestFinished(async () => {
    await docker('rmi', 'ext2-committed');
  });
  const again = await run('--rm', 'ext2-committed', 'list', 'read', '/srv/new', 'read', '/srv/gone', 'read', '/etc/app.conf');
  // In place: the file is as long as it was.
  expect(again.stdout).toContain('written\nfailed: /srv/gone\nchanged = 1\n');
  expect(again.stdout).toContain('33188 1 150000 /srv/folder/large\n');
  await docker('rm', id);
  await nothingLeft(address, before);
  expect(imagesLeft()).toEqual([]);
});

test('the image is built once for all containers, and what differs is right in each', async () => {
  const cached = () => readdirSync('/var/cache/runnc/images').filter((name) => name.endsWith('.img')).length;
  const read = (...args: string[]) =>
    run('--rm', ...args, 'ext2-files', 'read', '/etc/hostname', 'read', '/etc/app.conf', 'write', '/etc/app.conf', 'X');
  await run('--rm', 'ext2-files', 'list');
  const before = cached();
  expect(before).toBeGreaterThan(0);
  for (const name of ['one', 'another']) {
    expect((await read('--hostname', name)).stdout).toBe(`${name}\n\nsetting = 1\n\n`);
  }
  expect(cached()).toBe(before);
  // What a guest wrote is in no other container's; empty files that the engine makes for each are nobody's change.
  const id = await container('ext2-files', 'write', '/.dockerenv', 'x');
  await start(id);
  expect((await docker('diff', id)).stdout).toBe('C /.dockerenv\n');
});

test('a container that is stopped and started again has what its guest wrote', async () => {
  const id = await container('ext2-files', 'list', 'mkdir', '/first');
  expect(await start(id)).not.toContain('/first');
  const second = await docker('start', '--attach', id);
  // It is there already.
  expect(second.stdout).toContain(' /first\n');
  expect(second.status).toBe(1);
  expect((await docker('diff', id)).stdout.split('\n')).toContain('A /first');
});

test('read-only: the guest cannot write, and ISO is what there is when nobody asks', async () => {
  const refused = await run('--rm', '--read-only', 'ext2-files', 'say', 'before', 'write', '/new', 'x');
  expect(refused).toMatchObject({ stdout: 'before\n', status: 159 });
  expect((await run('--rm', '--env', 'RUNNC_ROOTFS=iso', 'ext2-files', 'list')).stdout).toBe('no ext2\n');
  expect((await run('--rm', '--env', 'RUNNC_ROOTFS=fat', 'ext2-files', 'list')).stderr).toContain(
    'RUNNC_ROOTFS is "fat"; it is ext2 or iso',
  );
  expect((await run('--rm', '--env', 'RUNNC_ROOTFS_FREE_SPACE=lots', 'ext2-files')).stderr).toContain(
    'is "lots", which is not a size',
  );
});

test('the room in the image is what was asked for', async () => {
  const free = (size: string) =>
    run(
      '--rm',
      '--env',
      `RUNNC_ROOTFS_FREE_SPACE=${size}`,
      'ext2-files',
      ...['a', 'b', 'c'].flatMap((name) => ['fill', `/${name}`, '204800']),
    );
  expect((await free('1m')).status).toBe(0);
});

test('sync: what a guest that runs has written so far is in docker diff', async () => {
  const id = await container('ext2-files', 'write', '/first', 'one', 'say', 'written', 'sleep', '60');
  await docker('start', id);
  await vi.waitFor(async () => expect((await docker('logs', id)).stdout).toContain('written'), { timeout: 20_000 });
  const root = path.join(address.folder, 'docker-exec/runtime-runc/moby');
  expect((await docker('diff', id)).stdout).toBe('');
  execFileSync(inject('runnc'), ['--root', root, 'sync', id]);
  expect((await docker('diff', id)).stdout).toBe('A /first\n');
  expect((await docker('inspect', '--format', '{{.State.Status}}', id)).stdout).toBe('running\n');
});

test('killed while it writes: what it has written is there, the files of the image are, and nothing is left behind', async () => {
  const before = await traces(address);
  const id = await container('ext2-files', 'churn');
  await docker('start', id);
  const churned = async () => {
    for (;;) if ((await docker('logs', id)).stdout.includes('churning')) return;
  };
  await churned();
  await docker('kill', id);
  await docker('wait', id);
  const diff = (await docker('diff', id)).stdout.trim().split('\n');
  expect(diff).toContain('A /churn');
  expect(diff.filter((line) => !/^A \/churn(\/file-\d\d)?$/.test(line))).toEqual([]);
  await docker('rm', id);
  await nothingLeft(address, before);
  for (const name of imagesLeft()) rmSync(path.join(data, String(name)));
});

test('volumes: read, written back, read-only ones not, tmpfs gone; one file alone', async () => {
  const before = await traces(address);
  const volume = mkdtempSync('/run/runnc-volume-');
  onTestFinished(() => rmSync(volume, { recursive: true }));
  for (const name of ['stays', 'goes', 'read-only', 'alone']) writeFileSync(`${volume}/${name}`, `${name} of the host`);
  const words = [
    'read',
    '/data/stays',
    'write',
    '/data/new',
    'fresh',
    'remove',
    '/data/goes',
    'write',
    '/ro/read-only',
    'WRITTEN',
  ];
  const mounts = [`${volume}:/data`, `${volume}:/ro:ro`, `${volume}/alone:/srv/one`, 'ext2-named:/named'].flatMap((each) => [
    '-v',
    each,
  ]);
  const { stdout, stderr, status } = await run(
    ...['--rm', ...mounts, '--tmpfs', '/scratch', 'ext2-files', ...words],
    ...['write', '/srv/one', 'ALONE', 'write', '/named/kept', 'named', 'write', '/scratch/x', 'x'],
  );
  onTestFinished(async () => {
    await docker('volume', 'rm', 'ext2-named');
  });
  expect({ stdout, stderr, status }).toEqual({ stdout: 'stays of the host\n', stderr: '', status: 0 });
  const content = Object.fromEntries(readdirSync(volume).map((name) => [name, readFileSync(`${volume}/${name}`, 'utf8')]));
  expect(content).toEqual({
    stays: 'stays of the host',
    new: 'fresh',
    'read-only': 'read-only of the host',
    alone: 'ALONE of the host',
  });
  expect(
    (await run('--rm', '-v', 'ext2-named:/elsewhere', 'ext2-files', 'read', '/elsewhere/kept', 'read', '/scratch/x')).stdout,
  ).toBe('named\nfailed: /scratch/x\n');
  await nothingLeft(address, before);
  expect(imagesLeft()).toEqual([]);
});
