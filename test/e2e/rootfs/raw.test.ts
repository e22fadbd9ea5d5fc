/** Raw storage: files of the image, files and block devices of the host, by their name in the manifest. */
import { readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { nothingLeft, traces } from '../engine/traces.ts';
import { type BundleOptions, makeBundle } from './bundle.ts';

const { docker, buildImage, address } = connect();
const run = (...args: string[]) => docker('run', '--runtime=runnc', ...args);
const text = (content: string, size: number) => Buffer.from(content.padEnd(size, '\0'));
const bundle = (options: Omit<BundleOptions, 'guest'>) => makeBundle({ guest: 'raw-blocks', ...options });

beforeAll(async () => {
  const files = { '/raw-blocks': path.join(inject('guests'), 'raw-blocks.spt'), '/disk.img': text('from the image', 8192) };
  await buildImage('raw-blocks', { files, entrypoint: ['/raw-blocks'], env: { RUNNC_BLOCK_storage: '/disk.img' } });
  // Docker compares times by the second: a file written to in the second in which it was made has not changed for it.
  await sleep(1100);
});

test('a guest reads and writes an image file of its own image, and docker commit keeps what it wrote', async () => {
  const before = await traces(address);
  const first = await run('--name', 'raw-writer', 'raw-blocks', 'device', 'read', '0', 'write', '15', 'written', 'read', '15');
  expect(first.stderr).toBe('');
  expect(first.stdout).toBe(
    'device: storage\nattached: yes\ncapacity: 8192\nblock size: 512\nblock 0: from the image\nwrote 15: done\nblock 15: written\n',
  );
  expect(first.status).toBe(0);
  expect((await docker('diff', 'raw-writer')).stdout).toContain('C /disk.img');
  await docker('commit', 'raw-writer', 'raw-written');
  expect((await run('--rm', 'raw-written', 'read', '15')).stdout).toBe('block 15: written\n');
  await docker('rm', 'raw-writer');
  await docker('rmi', 'raw-written');
  await nothingLeft(address, before);
});

test('nothing outside the device is read or written, and no other length than a block', async () => {
  for (const [call, ...numbers] of [
    ['raw-read', '7681', '512'],
    ['raw-read', '8192', '512'],
    ['raw-read', '18446744073709551104', '512'],
    ['raw-read', '0', '511'],
    ['raw-read', '0', '1024'],
    ['raw-write', '8192', '512'],
    ['raw-write', '0', '1024'],
  ]) {
    const { status } = await run('--rm', 'raw-blocks', call as string, ...numbers);
    expect([call, ...numbers, status]).toEqual([call, ...numbers, 159]);
  }
  expect((await run('--rm', 'raw-blocks', 'raw-read', '7680', '512')).stdout).toBe('raw: 512\n');
});

test('a read-only device cannot be written', async () => {
  const readOnly = (...args: string[]) => run('--rm', '--env', 'RUNNC_BLOCK_storage=/disk.img,ro', 'raw-blocks', ...args);
  expect((await readOnly('read', '0')).stdout).toBe('block 0: from the image\n');
  expect((await readOnly('write', '0', 'x')).status).toBe(159);
  const refused = await run('--rm', '--read-only', 'raw-blocks', 'read', '0');
  expect(refused.stderr).toContain('the container is read-only');
});

test('what is not there, or is no device, is said at create', async () => {
  for (const [value, sentence] of [
    ['/nowhere', 'the block device storage is to be /nowhere, which is not there'],
    ['/dev/null', 'which is not there'],
    ['disk.img', 'RUNNC_BLOCK_storage is "disk.img"'],
    ['/', 'is neither a file nor a block device'],
    ['host:/etc/shadow', "asks for the host's /etc/shadow, which runnc.config does not allow"],
  ]) {
    const { stderr, status } = await run('--rm', '--env', `RUNNC_BLOCK_storage=${value}`, 'raw-blocks', 'read', '0');
    expect(stderr).toContain(sentence);
    expect(status).toBe(125);
  }
});

test('symlinks of the image stay inside the image', async () => {
  const linked = await bundle({ args: ['read', '0'], env: ['RUNNC_BLOCK_storage=/link'] });
  symlinkSync('/etc/shadow', path.join(linked.rootfs, 'link'));
  expect((await linked.run()).stderr).toContain('which is not there');
});

test('a file of the host: only where allowed, exclusively while the guest runs, shared when read-only', async () => {
  const annotations = { 'org.runnc.block.storage': 'host:/run/runnc-test-disk.img' };
  writeFileSync('/run/runnc-test-disk.img', text('of the host', 4096));
  onTestFinished(async () => {
    await execa('rm', ['-f', '/run/runnc-test-disk.img']);
  });
  const config = { plugins: plugins({ allow: ['/run/runnc-test-disk.img'] }) };
  const refused = await bundle({ args: ['read', '0'], annotations });
  expect((await refused.run()).stderr).toContain('which runnc.config does not allow');

  const writer = await bundle({ args: ['read', '0', 'write', '1', 'kept'], annotations, config });
  expect((await writer.run()).stdout).toBe('block 0: of the host\nwrote 1: done');
  expect(readFileSync('/run/runnc-test-disk.img').subarray(512, 516).toString()).toBe('kept');

  const holder = await bundle({ annotations, config });
  expect(await holder.runnc('create', holder.id)).toMatchObject({ status: 0 });
  const second = await bundle({ args: ['read', '0'], annotations, config });
  expect((await second.run()).stderr).toContain(
    'locking /run/runnc-test-disk.img, which another container or program may be using',
  );
  // However its holder ends.
  await holder.runnc('kill', holder.id, 'KILL');
  await sleep(100);
  expect((await second.run()).stdout).toBe('block 0: of the host');

  const readOnly = { 'org.runnc.block.storage': 'host:/run/runnc-test-disk.img,ro' };
  const shared = await bundle({ annotations: readOnly, config });
  await shared.runnc('create', shared.id);
  const reader = await bundle({ args: ['read', '0'], annotations: readOnly, config });
  expect((await reader.run()).stdout).toBe('block 0: of the host');
  expect((await second.run()).stderr).toContain('locking');
});

test("a block device of the host by the operator's choice, not while it is mounted, and nobody overrules the operator", async () => {
  const backing = await bundle({});
  const image = path.join(backing.folder, 'backing');
  writeFileSync(image, '');
  truncateSync(image, 1 << 20);
  await execa('mke2fs', ['-q', image]);
  const { stdout: loop } = await execa('losetup', ['--find', '--show', image]);
  onTestFinished(async () => {
    await execa('umount', [loop], { reject: false });
    await execa('losetup', ['--detach', loop]);
  });
  const config = { plugins: plugins({ devices: { storage: `host:${loop}` } }) };
  const guest = await bundle({ args: ['device', 'write', '2047', 'end', 'read', '2047'], config });
  expect((await guest.run()).stdout).toContain('capacity: 1048576\nblock size: 512\nwrote 2047: done\nblock 2047: end');
  const other = await bundle({ env: ['RUNNC_BLOCK_storage=/other'], config });
  expect((await other.run()).stderr).toContain(`and runnc.config puts host:${loop} there`);
  await execa('mount', [loop, '/mnt']);
  expect((await guest.run()).stderr).toContain(`opening ${loop}: EBUSY`);
});

/** The usual plugins, block-raw with options. */
function plugins(options: object) {
  return ['arch-x86_64', ['block-raw', options], 'seccomp', 'tender-spt', 'unikernel-solo5'];
}
