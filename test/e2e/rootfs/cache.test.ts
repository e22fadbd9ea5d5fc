/** Root images are built once for all containers of an image, and are right for each: through engines. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { podmanAt } from '../podman-at.ts';
import { workplace } from '../workplace.ts';
import { buildsOf, layersLookedAtByFolders, noise } from './cached.ts';

const { docker, buildImage } = connect();
const place = workplace();

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
  const inspected = await docker('image', 'inspect', '--format', '{{.GraphDriver.Data.UpperDir}}', 'cached');
  expect(layersLookedAtByFolders('/var/cache/runnc')).toContain(inspected.stdout.trim());
  // A tmpfs is empty in each of them.
  const withScratch = await buildsOf('/var/cache/runnc', async () => {
    for (const mode of ['700', '700']) {
      const ran = await docker('run', '--rm', '--runtime=runnc', '--tmpfs', `/scratch:mode=${mode}`, 'cached', 'list');
      expect(ran.stdout).toMatch(/^40700 .* \/scratch$/m);
    }
    const other = await docker('run', '--rm', '--runtime=runnc', '--tmpfs', '/scratch:mode=755', 'cached', 'list');
    expect(other.stdout).toMatch(/^40755 .* \/scratch$/m);
  });
  expect(withScratch).toBe(2);
});

test('through Docker: 8 containers at once that write build one image, and each has a copy of its own', async () => {
  const files = {
    '/ext2-files': path.join(inject('guests'), 'ext2-files.spt'),
    '/large': noise(3_000_000),
    '/shared': Buffer.from('of the image'),
    '/id': Buffer.from(`${process.pid}`),
  };
  await buildImage('cached-ext2', { files, entrypoint: ['/ext2-files'], env: { RUNNC_ROOTFS: 'ext2' } });
  // Docker compares times by the second: a file written to in the second in which it was made has not changed for it.
  await sleep(1100);
  const ids: string[] = [];
  onTestFinished(async () => void (await docker('rm', '--force', ...ids)));
  const builds = await buildsOf('/var/cache/runnc', async () => {
    const runs = Array.from({ length: 8 }, async (_, index) => {
      const created = await docker(
        ...['create', '--runtime=runnc', '--hostname', `host-${index}`, 'cached-ext2'],
        ...['read', '/etc/hostname', 'read', '/shared', 'write', '/shared', `BY-${index}`, 'fill', `/own-${index}`, '70000'],
        ...['read', '/shared', 'list'],
      );
      const id = created.stdout.trim();
      ids.push(id);
      const ran = await docker('start', '--attach', id);
      expect(ran).toMatchObject({ stderr: '', status: 0 });
      expect(ran.stdout).toMatch(new RegExp(`^host-${index}\n\nof the image\nBY-${index}he image\n`));
      // Its own file, and nobody else's.
      expect(ran.stdout.match(/ \/own-\d$/gm)).toEqual([` /own-${index}`]);
      expect((await docker('diff', id)).stdout.trim().split('\n').sort()).toEqual([`A /own-${index}`, 'C /shared']);
    });
    await Promise.all(runs);
  });
  expect(builds).toBe(1);
  const after = await docker('run', '--rm', '--runtime=runnc', 'cached-ext2', 'read', '/shared');
  expect(after).toMatchObject({ stdout: 'of the image\n', status: 0 });
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
