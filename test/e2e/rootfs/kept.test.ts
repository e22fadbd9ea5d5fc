/** What guests wrote that no container has use for: listed, and removed only when somebody says so. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeBundle } from './bundle.ts';

const bundle = (guest: string, words: string) => makeBundle({ guest, args: words.split(' '), config: { rootfs: 'ext2' } });

test('delete leaves nothing to list', async () => {
  const guest = await bundle('ext2-files', 'write /new new');
  expect((await guest.runnc('run', '--keep', guest.id)).status).toBe(0);
  expect((await guest.runnc('kept', 'ls')).stdout).toMatch(/\n0 kept, 0\.0 MiB$/);
  await guest.runnc('delete', guest.id);
  expect((await guest.runnc('kept', 'ls')).stdout).toMatch(/\n0 kept, 0\.0 MiB$/);
  expect(readdirSync(path.join(guest.folder, 'data'), { recursive: true }).sort()).toEqual(['kept', 'rootfs-ext2']);
});

test('an image that could not be carried back', async () => {
  const guest = await bundle('raw-blocks', 'write 2 destroyed');
  await guest.run();
  const name = `${guest.id.slice(0, 12)}-storage.ext2`;
  const [found] = JSON.parse((await guest.runnc('kept', 'ls', '--json')).stdout);
  const file = path.join(guest.folder, 'data/kept', name);
  expect(found).toMatchObject({ name, path: file, container: guest.id.slice(0, 12), isWritten: true });
  expect((await guest.runnc('kept', 'ls')).stdout).toContain('could not be carried back');
  expect((await guest.runnc('kept', 'prune')).stdout).toBe('removed 0 of 0.0 MiB');
  for (const [words, said] of [
    [['rm', 'another'], 'nothing called "another" is kept'],
    [['rm'], 'no name is given; name some, or say --all'],
    [['remove'], 'there is no remove; there is ls, prune, rm'],
  ] as const) {
    expect((await guest.runnc('kept', ...words)).stderr).toContain(said);
  }
  expect(existsSync(file)).toBe(true);
  expect((await guest.runnc('kept', 'rm', name)).stdout).toMatch(/^removed 1 of \d\.\d MiB$/);
  expect(readdirSync(path.dirname(file))).toEqual([]);
});

test('what a machine left that ended while a guest ran: prune takes only what no guest has written to', async () => {
  const guest = await bundle('ext2-files', 'write /new new');
  for (const isWritten of [true, false]) {
    if (isWritten) expect((await guest.runnc('run', '--keep', guest.id)).status).toBe(0);
    else expect((await guest.runnc('create', guest.id)).status).toBe(0);
    const state = path.join(guest.folder, 'state');
    if (!isWritten) {
      // The process of a container that was only created, and all that is in memory.
      const { pid } = JSON.parse((await guest.runnc('state', guest.id)).stdout);
      process.kill(pid, 'SIGKILL');
    }
    rmSync(state, { recursive: true });
    const [found, ...others] = JSON.parse((await guest.runnc('kept', 'ls', '--json')).stdout);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ container: guest.id, isWritten, why: 'the machine ended before its container was deleted' });
    expect((await guest.runnc('kept', 'prune')).stdout).toMatch(isWritten ? /^removed 0/ : /^removed 1/);
    expect(existsSync(found.path)).toBe(isWritten);
    if (isWritten) expect((await guest.runnc('kept', 'rm', '--all')).stdout).toMatch(/^removed 1/);
    expect(readdirSync(path.join(guest.folder, 'data/rootfs-ext2'))).toEqual([]);
  }
  // Nothing of what was removed comes back.
  writeFileSync(path.join(guest.rootfs, 'other'), '');
  expect((await guest.run()).status).toBe(0);
  expect(readdirSync(guest.rootfs).sort()).toEqual(['ext2-files', 'new', 'other']);
});
