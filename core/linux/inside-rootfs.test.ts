import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { insideRootfs } from './inside-rootfs.ts';

function makeRootfs(links: Readonly<Record<string, string>>): string {
  const rootfs = mkdtempSync(join(tmpdir(), 'runnc-inside-'));
  onTestFinished(() => rmSync(rootfs, { recursive: true, force: true }));
  mkdirSync(join(rootfs, 'etc/deep'), { recursive: true });
  writeFileSync(join(rootfs, 'etc/hosts'), '');
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(rootfs, name));
  return rootfs;
}

test.each([
  ['/etc/hosts', {}, '/etc/hosts', true],
  ['etc//./hosts', {}, '/etc/hosts', true],
  ['/../../etc/deep/../hosts', {}, '/etc/hosts', true],
  ['/nowhere/at/all', {}, '/nowhere/at/all', false],
  ['/etc/hosts/under-a-file', {}, '/etc/hosts/under-a-file', false],
  ['/link', { link: '/etc/hosts' }, '/etc/hosts', true],
  ['/link/hosts', { link: '../../../etc' }, '/etc/hosts', true],
  ['/link/deep', { link: '/other', other: 'etc' }, '/etc/deep', true],
  ['/etc/resolv.conf', { 'etc/resolv.conf': '../run/systemd/resolv.conf' }, '/run/systemd/resolv.conf', false],
  ['/link/../x', { link: '/etc/deep' }, '/etc/x', false],
])('%s with %o is %s', (path, links, inside, exists) => {
  const rootfs = makeRootfs(links as unknown as Record<string, string>);
  expect(insideRootfs(rootfs, path)).toEqual({ inside, path: join(rootfs, inside), exists });
});

test('symbolic links in a circle are refused', () => {
  const rootfs = makeRootfs({ a: 'b', b: 'a' });
  expect(() => insideRootfs(rootfs, '/a/x')).toThrow('"/a/x" in the image is a circle of symbolic links');
});
