/** Guests in virtual machines that write: blocks, a root, volumes; through Docker, on this machine's KVM. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { nothingLeft, traces } from '../engine/traces.ts';
import { creates } from './creates.ts';

const { docker, buildImage, address } = connect();
const container = creates(docker);
const missing = existsSync('/dev/kvm') ? '' : ' (needs /dev/kvm)';
const program = (name: string) => ({ [`/${name}`]: path.join(inject('guests'), `${name}.hvt`) });

const changes = async (id: string) => (await docker('diff', id)).stdout.trim().split('\n').sort();

describe.skipIf(missing)(`on this machine's KVM${missing}`, () => {
  test('a root: what the guest writes is in docker diff and in the image that is committed', async () => {
    const before = await traces(address);
    const files = { ...program('ext2-files'), '/srv/gone': Buffer.from('gone'), '/srv/stays': Buffer.from('stays') };
    await buildImage('ext2-hvt', { files, entrypoint: ['/ext2-files'], env: { RUNNC_ROOTFS: 'ext2' } });
    const host = mkdtempSync('/run/runnc-volume-');
    onTestFinished(() => rmSync(host, { recursive: true }));
    writeFileSync(path.join(host, 'old'), 'old');
    const words = 'read /srv/stays write /new written remove /srv/gone fill /large 20000 read /data/old write /data/new fresh';
    const id = await container('-v', `${host}:/data`, 'ext2-hvt', ...words.split(' '));
    expect(await docker('start', '--attach', id)).toMatchObject({ stdout: 'stays\nold\n', stderr: '', status: 0 });
    expect(await changes(id)).toEqual(['A /large', 'A /new', 'C /srv', 'D /srv/gone']);
    expect(readdirSync(host).sort()).toEqual(['new', 'old']);
    expect(readFileSync(path.join(host, 'new'), 'utf8')).toBe('fresh');
    expect((await docker('commit', id, 'ext2-hvt-committed')).status).toBe(0);
    onTestFinished(async () => {
      await docker('rmi', 'ext2-hvt-committed');
    });
    const again = await docker('run', '--rm', '--runtime=runnc', 'ext2-hvt-committed', 'read', '/new', 'list');
    expect(again.stdout).toMatch(/^written\n/);
    expect(again.stdout).toMatch(/ 20000 \/large$/m);
    expect(again.stdout).not.toMatch(/\/srv\/gone$/m);
    await docker('rm', id);
    await nothingLeft(address, before);
  });

  test('a volume on a block device of its own', async () => {
    await buildImage('ext2-volumes-hvt', {
      files: program('ext2-volumes'),
      entrypoint: ['/ext2-volumes'],
      env: { RUNNC_ROOTFS: 'ext2' },
    });
    const host = mkdtempSync('/run/runnc-volume-');
    onTestFinished(() => rmSync(host, { recursive: true }));
    writeFileSync(path.join(host, 'old'), 'old');
    const words = 'mkdir /in-root device 2 read /old write /new new remove /old';
    const id = await container('-v', `${host}:/srv/data`, 'ext2-volumes-hvt', ...words.split(' '));
    expect(await docker('start', '--attach', id)).toMatchObject({ stdout: 'old\n', stderr: '', status: 0 });
    expect(readdirSync(host)).toEqual(['new']);
    expect((await changes(id)).filter((line) => !line.includes('/srv'))).toEqual(['A /in-root']);
  });

  test('raw blocks of a file of the image; read-only they cannot be written to', async () => {
    const files = { ...program('raw-blocks'), '/disk.img': Buffer.alloc(8192, 'x') };
    await buildImage('raw-hvt', { files, entrypoint: ['/raw-blocks'], env: { RUNNC_BLOCK_storage: '/disk.img' } });
    // Docker compares times by the second.
    await sleep(1100);
    const id = await container('raw-hvt', 'write', '1', 'kept', 'read', '1');
    expect(await docker('start', '--attach', id)).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('kept'),
    });
    expect(await changes(id)).toEqual(['C /disk.img']);
    const copy = mkdtempSync('/run/runnc-cp-');
    onTestFinished(() => rmSync(copy, { recursive: true }));
    await docker('cp', `${id}:/disk.img`, copy);
    expect(readFileSync(path.join(copy, 'disk.img')).subarray(512, 516).toString()).toBe('kept');
    const refused = await docker(
      'run',
      '--rm',
      '--runtime=runnc',
      '--env',
      'RUNNC_BLOCK_storage=/disk.img,ro',
      'raw-hvt',
      'write',
      '1',
      'no',
    );
    expect(refused.status).not.toBe(0);
  });
});
