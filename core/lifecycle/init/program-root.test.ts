/** What is mounted for a tender that is a program of its own. Needs no root. */
import { closeSync, fstatSync, lstatSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { findProgram } from '../../launch/find-program.ts';
import type { Tender } from '../../plugin.ts';
import type { Identified } from '../identify.ts';
import { programRoot } from './program-root.ts';

const tender = { name: 'x', hostFiles: [] } as unknown as Tender;

function image(): string {
  const rootfs = mkdtempSync(path.join(tmpdir(), 'runnc-root-'));
  // Not by Node, whose paths have an end.
  onTestFinished(async () => void (await execa('rm', ['-rf', rootfs])));
  return rootfs;
}

async function mounted(rootfs: string) {
  const program = await findProgram({ rootfs, args: ['/program'], env: [] });
  onTestFinished(() => closeSync(program.fd));
  const identified = { program, unikernel: { modules: [] } } as unknown as Identified;
  const { entries } = programRoot(tender, identified, rootfs, []);
  return { own: fstatSync(program.fd).ino, there: entries.map(({ source }) => lstatSync(source).ino) };
}

test('the program is mounted from where its symlinks lead inside the image', async () => {
  const rootfs = image();
  mkdirSync(path.join(rootfs, 'etc'));
  writeFileSync(path.join(rootfs, 'etc/passwd'), 'a kernel');
  symlinkSync('/etc/passwd', path.join(rootfs, 'program'));
  const { own, there } = await mounted(rootfs);
  expect(there).toEqual([own]);
});

test("a program whose place the kernel cannot tell is refused, and no file of the host's is mounted instead", async () => {
  const rootfs = image();
  const deep = (letter: string) => Array.from({ length: 15 }, () => letter.repeat(250)).join('/');
  mkdirSync(path.join(rootfs, deep('a')), { recursive: true });
  symlinkSync(`/${deep('a')}`.slice(1), path.join(rootfs, 'short'));
  mkdirSync(path.join(rootfs, 'short', deep('b').slice(0, 250 * 3 + 2)), { recursive: true });
  const place = path.join('short', deep('b').slice(0, 250 * 3 + 2), 'kernel');
  writeFileSync(path.join(rootfs, place), 'a kernel');
  mkdirSync(path.join(rootfs, 'etc'));
  symlinkSync(`/${place}`, path.join(rootfs, 'etc/passwd'));
  symlinkSync('/etc/passwd', path.join(rootfs, 'program'));
  await expect(mounted(rootfs)).rejects.toMatchObject({
    code: 'ERR_IMAGE',
    message: '"/program" leads to another file than the program that was found by it',
  });
});
