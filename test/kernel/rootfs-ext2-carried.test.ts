/** What comes back from images of rootfs-ext2 that somebody has written to: the kernel, as a guest. */
import {
  chmodSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { carryBack, check, makeExt2, mounted } from './ext2-images.ts';
import { children, plant } from './random-trees.ts';
import { describeTree, workplace } from './trees.ts';

const describe = (root: string) => describeTree(Buffer.from(root));
const clean = { isLeft: false, problems: [] };

test('random trees: the kernel reads them, and what it writes as a guest comes back inode for inode', {
  timeout: 120_000,
}, async () => {
  const { folder, rootfs, image } = workplace();
  const blockSize = fc.constantFrom(1024, 2048, 4096);
  await fc.assert(
    fc.asyncProperty(
      children(0),
      children(0, 30_000),
      fc.infiniteStream(fc.nat(9)),
      blockSize,
      async (first, second, dice, size) => {
        await execa('rm', ['-rf', rootfs]);
        mkdirSync(rootfs);
        plant(Buffer.from(rootfs), first);
        const known = makeExt2(rootfs, image, { blockSize: size });
        await check(image);
        const before = describe(rootfs);
        const after = await mounted(image, folder, (place) => {
          expect(describe(place)).toEqual(before);
          change(Buffer.from(place), () => dice.next().value ?? 0);
          plant(Buffer.from(place), second);
          rmSync(`${place}/lost+found`, { recursive: true, force: true });
          return describe(place);
        });
        const { outcome, known: now } = carryBack(image, known);
        expect(outcome).toMatchObject(clean);
        expect(withoutLinks(describe(rootfs))).toEqual(withoutLinks(after));
        // Nothing is left to do, with what was known before and with what is known now.
        for (const each of [known, now]) expect(carryBack(image, each).outcome).toMatchObject({ ...clean, changes: 0 });
      },
    ),
    { seed: 20261124, numRuns: 12, endOnFailure: true },
  );
});

/** A name more for a file that was there before is a copy where the order of the names makes it one. */
function withoutLinks(found: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, { ...(value as object), same: 0 }]));
}

/** Removes, rewrites, renames and changes what is there, at random. */
function change(folder: Buffer, roll: () => number): void {
  for (const name of readdirSync(folder, { encoding: 'buffer' }) as unknown as Buffer[]) {
    const place = Buffer.concat([folder, Buffer.from('/'), name]);
    const stat = lstatSync(place);
    const dice = roll();
    if (dice === 0) rmSync(place, { recursive: true, force: true });
    else if (dice === 1)
      renameSync(place, Buffer.concat([folder, Buffer.from('/'), name.subarray(0, 200), Buffer.from('-moved')]));
    else if (stat.isDirectory()) {
      if (dice === 2) chmodSync(place, 0o711);
      change(place, roll);
    } else if (dice === 2 && stat.isFile()) writeFileSync(place, `changed ${name.length}`);
    else if (dice === 3 && stat.isFile()) chmodSync(place, 0o4600);
    else if (dice === 4 && stat.isFile()) {
      // In place, with the times as they were.
      writeFileSync(place, Buffer.alloc(stat.size, 7));
      utimesSync(place, stat.atime, stat.mtime);
    } else if (dice === 5) {
      rmSync(place);
      mkdirSync(place);
      writeFileSync(Buffer.concat([place, Buffer.from('/was-a-file')]), '');
    }
  }
}

test('hard links come back as such', async () => {
  const { folder, rootfs, image } = workplace();
  for (const name of ['a', 'b']) writeFileSync(`${rootfs}/${name}`, name);
  linkSync(`${rootfs}/a`, `${rootfs}/a2`);
  const known = makeExt2(rootfs, image);
  await mounted(image, folder, (place) => {
    linkSync(`${place}/b`, `${place}/c`);
    writeFileSync(`${place}/a`, 'changed');
    writeFileSync(`${place}/new`, 'new');
    linkSync(`${place}/new`, `${place}/new2`);
  });
  expect(carryBack(image, known).outcome).toMatchObject({ ...clean, changes: 5 });
  for (const [one, other] of [
    ['a', 'a2'],
    ['b', 'c'],
    ['new', 'new2'],
  ]) {
    expect(lstatSync(`${rootfs}/${one}`)).toMatchObject({ ino: lstatSync(`${rootfs}/${other}`).ino, nlink: 2 });
  }
  expect(readFileSync(`${rootfs}/a2`, 'utf8')).toBe('changed');
});

test('what the host changed meanwhile keeps its name, and nothing of the guest is lost', async () => {
  const { folder, rootfs, image } = workplace();
  const names = ['both', 'host', 'guest', 'gone-here', 'gone-there', 'gone-but-changed', 'same'];
  for (const name of names) writeFileSync(`${rootfs}/${name}`, 'first');
  for (const name of ['removed', 'kept', 'changed']) mkdirSync(`${rootfs}/${name}`);
  for (const name of ['removed', 'kept']) writeFileSync(`${rootfs}/${name}/file`, 'first');
  const known = makeExt2(rootfs, image);
  const write = (root: string, what: string, ...files: string[]) => {
    for (const name of files) writeFileSync(`${root}/${name}`, what);
  };
  await mounted(image, folder, (place) => {
    write(place, 'of the guest', 'both', 'guest', 'gone-here', 'new-both', 'removed/file', 'same');
    for (const name of ['gone-there', 'gone-but-changed']) rmSync(`${place}/${name}`);
    rmSync(`${place}/kept`, { recursive: true });
    chmodSync(`${place}/changed`, 0o700);
  });
  write(rootfs, 'of the host', 'both', 'host', 'gone-but-changed', 'new-both', 'kept/new');
  cpSync(rootfs, path.join(folder, 'copy'), { recursive: true });
  for (const name of ['gone-here', 'removed']) rmSync(`${rootfs}/${name}`, { recursive: true });
  chmodSync(`${rootfs}/changed`, 0o711);
  const expected = {
    both: 'of the host',
    'both.runnc-conflict-container': 'of the guest',
    guest: 'of the guest',
    host: 'of the host',
    'gone-here': 'of the guest',
    'gone-but-changed': 'of the host',
    'new-both': 'of the host',
    'new-both.runnc-conflict-container': 'of the guest',
    'removed/file': 'of the guest',
    'kept/new': 'of the host',
    same: 'of the guest',
  };
  const content = () =>
    Object.fromEntries(
      (readdirSync(rootfs, { recursive: true }) as string[])
        .filter((name) => lstatSync(`${rootfs}/${name}`).isFile())
        .map((name) => [name, readFileSync(`${rootfs}/${name}`, 'utf8')]),
    );
  const first = carryBack(image, known);
  expect(content()).toEqual(expected);
  expect(first.outcome.isLeft).toBe(false);
  expect([...first.outcome.problems].sort()).toEqual([
    'mode and owner of "/changed" stay as the host has changed them',
    'the guest has removed "/gone-but-changed", and the host has changed it: it stays',
    'the guest has removed "/kept", and the host has put something there: it stays',
    'the host has changed "/both" too: what the guest has is beside it, as "both.runnc-conflict-container"',
    'the host has changed "/new-both" too: what the guest has is beside it, as "new-both.runnc-conflict-container"',
  ]);
  // The guest goes on, and so does the host.
  await mounted(image, folder, (place) => write(place, 'of the guest, again', 'both', 'guest'));
  const second = carryBack(image, first.known);
  expect(content()).toEqual({
    ...expected,
    guest: 'of the guest, again',
    'both.runnc-conflict-container-2': 'of the guest, again',
  });
  expect(second.outcome.isLeft).toBe(false);
});

test('nothing outside is read or written, whatever the host has put there meanwhile', async () => {
  const { folder, rootfs, image } = workplace();
  const outside = path.join(folder, 'outside');
  mkdirSync(outside);
  writeFileSync(`${outside}/file`, 'outside');
  mkdirSync(`${rootfs}/sub`);
  writeFileSync(`${rootfs}/sub/file`, 'inside');
  writeFileSync(`${rootfs}/file`, 'inside');
  const known = makeExt2(rootfs, image);
  await mounted(image, folder, (place) => {
    for (const name of ['file', 'sub/file', 'sub/new']) writeFileSync(`${place}/${name}`, 'of the guest');
    symlinkSync('/etc', `${place}/to-etc`);
  });
  rmSync(`${rootfs}/sub`, { recursive: true });
  symlinkSync(outside, `${rootfs}/sub`);
  rmSync(`${rootfs}/file`);
  symlinkSync(`${outside}/file`, `${rootfs}/file`);
  carryBack(image, known);
  expect(readdirSync(outside)).toEqual(['file']);
  expect(readFileSync(`${outside}/file`, 'utf8')).toBe('outside');
  expect(readlinkSync(`${rootfs}/to-etc`)).toBe('/etc');
  expect(readFileSync(`${rootfs}/sub.runnc-conflict-container/new`, 'utf8')).toBe('of the guest');
});

test('device nodes, fifos and sockets are not carried, and in volumes no setuid bits', async () => {
  const { folder, rootfs, image } = workplace();
  await execa('mknod', [`${rootfs}/had`, 'c', '1', '3']);
  const known = makeExt2(rootfs, image, { volume: true });
  await mounted(image, folder, async (place) => {
    await execa('mknod', [`${place}/disk`, 'b', '8', '0']);
    await execa('mkfifo', [`${place}/fifo`]);
    writeFileSync(`${place}/suid`, 'x');
    chmodSync(`${place}/suid`, 0o4755);
  });
  const { outcome } = carryBack(image, known);
  expect(readdirSync(rootfs).sort()).toEqual(['had', 'suid']);
  expect(lstatSync(`${rootfs}/suid`).mode & 0o7777).toBe(0o755);
  expect(outcome.problems).toEqual([
    '"/disk" is a device node, fifo or socket, which is not carried back',
    '"/fifo" is a device node, fifo or socket, which is not carried back',
    '"/suid" is carried back without its setuid and setgid bits',
  ]);
  expect(carryBack(image, known).outcome.changes).toBe(0);
});

test('a full disk: what fits is carried, the rest is told and is in the image, and no half of a file is there', async () => {
  const { folder, rootfs, image } = workplace();
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', rootfs]);
  onTestFinished(async () => {
    await execa('umount', [rootfs]);
  });
  writeFileSync(`${rootfs}/old`, Buffer.alloc(300_000, 1));
  const known = makeExt2(rootfs, image);
  await mounted(image, folder, (place) => {
    writeFileSync(`${place}/old`, Buffer.alloc(900_000, 2));
    writeFileSync(`${place}/small`, 'small');
  });
  const { outcome } = carryBack(image, known);
  expect(outcome).toMatchObject({ isLeft: true, problems: ['"/old" cannot be carried back: ENOSPC: no space left on device'] });
  expect(readdirSync(rootfs).sort()).toEqual(['old', 'small']);
  expect(readFileSync(`${rootfs}/old`).equals(Buffer.alloc(300_000, 1))).toBe(true);
  await execa('mount', ['-o', 'remount,size=4m', rootfs]);
  expect(carryBack(image, known).outcome).toMatchObject({ ...clean, changes: 1 });
  expect(readFileSync(`${rootfs}/old`).equals(Buffer.alloc(900_000, 2))).toBe(true);
});

test('a file that the guest had not come to an end with is not removed', async () => {
  const { rootfs, image } = workplace();
  writeFileSync(`${rootfs}/file`, 'content');
  mkdirSync(`${rootfs}/folder`);
  const known = makeExt2(rootfs, image);
  // Its name is gone, its inode is not.
  await execa('debugfs', ['-w', '-R', 'unlink /file', image]);
  const { outcome } = carryBack(image, known);
  expect(outcome).toMatchObject({
    isLeft: true,
    problems: ['"/file" cannot be carried back: the guest had not come to an end with it'],
  });
  expect(readFileSync(`${rootfs}/file`, 'utf8')).toBe('content');
});
