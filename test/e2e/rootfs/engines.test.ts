/** What guests write to their root and to volumes, through engines other than Docker: Podman, and containerd by its own client. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, inject, onTestFinished, test } from 'vitest';
import { containers, image } from '../containers.ts';
import { containerdSocket } from '../engine/settings.ts';
import { until } from '../engine/until.ts';
import { podmanAt } from '../podman-at.ts';
import { workplace } from '../workplace.ts';
import { layersLookedAtByFolders } from './cached.ts';

const { address, must } = containers();
const place = workplace();

function volume(): string {
  const folder = mkdtempSync('/run/runnc-volume-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ['stays', 'goes']) writeFileSync(path.join(folder, name), name);
  return folder;
}

const contentOf = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));

test.each(['vfs', 'overlay'] as const)('Podman with %s: diff, cp, commit, start again, volumes', async (storage) => {
  const podman = podmanAt(place, { storage });
  const run = async (...args: string[]) => {
    const ended = await podman(...args);
    if (ended.status !== 0) throw new Error(`podman ${args.join(' ')}: status ${ended.status}\n${ended.stderr}${ended.stdout}`);
    return ended.stdout;
  };
  const archive = path.join(place.folder, 'ext2-files.tar');
  writeFileSync(path.join(place.rootfs, 'gone'), 'to be removed');
  await execa('tar', ['-C', place.rootfs, '-cf', archive, './ext2-files', './gone']);
  await run(
    'import',
    '--quiet',
    '--change',
    'ENTRYPOINT ["/ext2-files"]',
    '--change',
    'ENV RUNNC_ROOTFS=ext2',
    archive,
    'writes',
  );
  onTestFinished(async () => {
    await podman('rm', '--all', '--force');
  });
  const alone = ['--network=none', `--cgroup-parent=/${place.name}`];
  const host = volume();
  const words = 'write /new written remove /gone mkdir /folder write /data/new fresh remove /data/goes write /named/kept named';
  const volumes = ['--volume', `${host}:/data`, '--volume', `named-${storage}:/named`];
  await run('create', '--name', 'writer', ...alone, ...volumes, 'writes', ...words.split(' '));
  expect(await podman('start', '--attach', 'writer')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  // What runnc warned of (volumes) is in Podman's log of the runtime.
  expect(await podman('logs', 'writer')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  const changes = async (name: string) =>
    (await run('diff', name))
      .trim()
      .split('\n')
      .filter((line) => !/ \/(etc|run|data|named)(\/|$)/.test(line))
      .sort();
  expect(await changes('writer')).toEqual(['A /folder', 'A /new', 'D /gone']);
  expect(contentOf(host)).toEqual({ stays: 'stays', new: 'fresh' });
  const out = path.join(place.folder, `copied-${storage}`);
  await run('cp', 'writer:/new', out);
  expect(readFileSync(out, 'utf8')).toBe('written');
  // Started again, it has what it wrote.
  expect((await podman('start', '--attach', 'writer')).stdout).toContain('failed: /gone');
  await run('commit', '--quiet', 'writer', 'written');
  const read = ['run', '--rm', ...alone, '--volume', `named-${storage}:/elsewhere`, 'written'];
  expect(await run(...read, 'read', '/new', 'read', '/elsewhere/kept')).toBe('written\nnamed\n');

  // Stopped while it runs.
  await run(
    'run',
    '--detach',
    '--name',
    'stopped',
    ...alone,
    'writes',
    'write',
    '/late',
    'late',
    'say',
    'written',
    'sleep',
    '60',
  );
  await until('it has written', 60_000, async () => (await run('logs', 'stopped')).includes('written'));
  await run('stop', '--time=30', 'stopped');
  expect(await changes('stopped')).toEqual(['A /late']);
  const looked = layersLookedAtByFolders('/var/cache/runnc').filter((layer) => layer.startsWith(place.folder));
  expect(looked.length > 0).toBe(storage === 'overlay');
});

test.each(['native', 'overlayfs'])(
  "containerd's snapshotter %s: the snapshot has it, a new task finds it, a volume too",
  async (snapshotter) => {
    const archive = path.join(place.folder, `guests-${snapshotter}.tar`);
    await must('save', '--output', archive, image);
    const client = ['ctr', '--address', containerdSocket(address.folder), '--namespace', path.basename(address.folder)];
    const call = (...args: string[]) => place.call([...client, ...args], {});
    const ctr = async (...args: string[]) => {
      const ended = await call(...args);
      if (ended.status !== 0) throw new Error(`ctr ${args.join(' ')}: status ${ended.status}\n${ended.stderr}${ended.stdout}`);
      return ended.stdout;
    };
    const own = ['--snapshotter', snapshotter];
    await ctr('image', 'import', ...own, archive);
    const id = `writes-${snapshotter}`;
    const host = volume();
    const words = 'list write /new written mkdir /folder remove /hello write /data/new fresh remove /data/goes';
    onTestFinished(async () => {
      await call('container', 'rm', id);
      await call('snapshot', ...own, 'rm', id);
    });
    const ran = await ctr(
      ...['run', ...own, '--runtime', 'io.containerd.runc.v2', '--runc-binary', inject('runnc'), '--env', 'RUNNC_ROOTFS=ext2'],
      ...['--mount', `type=bind,src=${host},dst=/data,options=rbind:rw`],
      ...[`docker.io/library/${image}:latest`, id, '/ext2-files', ...words.split(' ')],
    );
    expect(ran).toMatch(/ \/hello$/m);
    expect(ran).not.toMatch(/ \/new$/m);
    expect(contentOf(host)).toEqual({ stays: 'stays', new: 'fresh' });

    // Its layer, as whatever commits it would have it: a compressed archive, which is no text.
    const layer = path.join(place.folder, `${id}.layer`);
    await place.call(['sh', '-c', 'exec "$@" > "$0"', layer, ...client, 'snapshot', ...own, 'diff', id], {});
    const names = (await execa('tar', ['-tf', layer])).stdout.split('\n');
    for (const name of ['folder/', 'new', '.wh.hello']) expect(names).toContain(name);
    expect((await execa('tar', ['-xOf', layer, 'new'])).stdout).toBe('written');

    // Without a volume its image is one of the cache.
    const other = `${id}-other`;
    onTestFinished(async () => {
      await call('snapshot', ...own, 'rm', other);
    });
    const before = layersLookedAtByFolders('/var/cache/runnc');
    const listed = await ctr(
      ...['run', '--rm', ...own, '--runtime', 'io.containerd.runc.v2', '--runc-binary', inject('runnc')],
      ...['--env', 'RUNNC_ROOTFS=ext2', `docker.io/library/${image}:latest`, other, '/ext2-files', 'list'],
    );
    expect(listed).toMatch(/ \/hello$/m);
    const looked = layersLookedAtByFolders('/var/cache/runnc').filter((layer) => !before.includes(layer));
    expect(looked.some((layer) => layer.includes('.snapshotter.'))).toBe(snapshotter === 'overlayfs');

    const again = await call('task', 'start', id);
    // It is there by now, and what was removed is not.
    expect(again.stdout).toMatch(/ \/new$/m);
    expect(again.stdout).not.toMatch(/^\d.* \/hello$/m);
  },
);
