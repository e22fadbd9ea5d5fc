import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SysError } from '../errors.ts';
import { memoryFile, pipe } from './files.ts';
import { type DescriptorMap, exitStatus, isAlive, processStat, reap, spawnImage, waitFor } from './process.ts';

/** Starts /bin/sh from its open file; `descriptors` beside a standard output that is returned when the shell has ended. */
async function shell(script: string, descriptors: DescriptorMap = [], image = keep(openSync('/bin/sh', 'r'))) {
  const { read, write } = await pipe();
  keep(read);
  const pid = await spawnImage(image, ['sh', '-c', script], [[1, write], ...descriptors]);
  closeSync(write);
  const status = await waitFor(pid);
  return { status, output: readFileSync(read, 'utf8') };
}

function keep(fd: number): number {
  onTestFinished(() => closeSync(fd));
  return fd;
}

const file = async (content: string) => keep(await memoryFile('test', Buffer.from(content)));

test('an image is started from its descriptor, with its arguments, an empty environment and the descriptors given', async () => {
  const [seven, nine] = [await file('seven '), await file('nine ')];
  const numbers: DescriptorMap = [
    [71, seven],
    [93, nine],
  ];
  expect(await shell('cat /proc/self/fd/71 /proc/self/fd/93 /proc/$$/environ; echo "$0 $#"', numbers)).toEqual({
    status: 0,
    output: 'seven nine sh 0\n',
  });
});

test('a descriptor that is none starts nothing', async () => {
  await expect(spawnImage('/bin/true', ['true'], [[7, -1]])).rejects.toMatchObject({ errnoName: 'EBADF' });
});

test('descriptors that lie where others go arrive all the same, the image among them', async () => {
  const [a, b, c] = [await file('a'), await file('b'), await file('c')];
  const image = keep(openSync('/bin/sh', 'r'));
  // A circle of three, and the image where one more goes.
  const around: DescriptorMap = [
    [a, b],
    [b, c],
    [c, a],
    [image, a],
  ];
  const { status, output } = await shell(`for fd in ${a} ${b} ${c} ${image}; do cat /proc/self/fd/$fd; done`, around, image);
  expect({ status, output }).toEqual({ status: 0, output: 'bcaa' });
});

test('moving descriptors out of the way leaves none behind', async () => {
  const [a, b] = [await file('a'), await file('b')];
  const next = () => {
    const fd = openSync('/dev/null', 'r');
    closeSync(fd);
    return fd;
  };
  const image = keep(openSync('/bin/true', 'r'));
  const before = next();
  await reap(
    await spawnImage(
      image,
      ['true'],
      [
        [a, b],
        [b, a],
        [image, a],
      ],
    ),
  );
  expect(next()).toBe(before);
});

test('what is no executable is refused with the name that it was to have', async () => {
  const text = await file('not a program');
  const refused = spawnImage(text, ['guest'], []);
  await expect(refused).rejects.toBeInstanceOf(SysError);
  await expect(refused).rejects.toMatchObject({ call: 'posix_spawn', message: expect.stringMatching(/^starting guest: E/) });
});

test.each([
  [0x0000, 0],
  [0x2a00, 42],
  [0xff00, 255],
  [0x000f, 143],
  [0x008b, 139],
  [0x0009, 137],
])('the wait status 0x%s is %i to a shell', (status, shown) => {
  expect(exitStatus(status)).toBe(shown);
});

test('waiting tells how a child ended', async () => {
  expect((await shell('exit 7')).status).toBe(7);
  expect((await shell('kill -TERM $$')).status).toBe(143);
});

test('waiting for what is no child is an error that names it', async () => {
  await expect(waitFor(1)).rejects.toMatchObject({
    call: 'wait4',
    message: expect.stringContaining('waiting for process 1: ECHILD'),
  });
});

test('a process is told from a later one with its number by its start', () => {
  const startTime = processStat(process.pid)?.startTime ?? 0;
  expect(startTime).toBeGreaterThan(0);
  expect(isAlive({ pid: process.pid, startTime })).toBe(true);
  expect(isAlive({ pid: process.pid, startTime: startTime + 1 })).toBe(false);
});

test.each([0, -1, 2 ** 22 + 1])('there is no process %i', (pid) => {
  expect(processStat(pid)).toBeUndefined();
  expect(isAlive({ pid, startTime: 0 })).toBe(false);
});

test('a process that has ended and was not waited for is not alive', async () => {
  const pid = await spawnImage(keep(openSync('/bin/true', 'r')), ['true'], []);
  const { startTime } = processStat(pid) as { startTime: number };
  while (processStat(pid)?.state !== 'Z') await new Promise((resolve) => setTimeout(resolve, 1));
  expect(isAlive({ pid, startTime })).toBe(false);
  await reap(pid);
  expect(processStat(pid)).toBeUndefined();
});

test('the name of a process may look like the fields after it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runnc-name-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const program = join(folder, 'a) Z 1 2 (b');
  copyFileSync('/bin/sleep', program);
  const child = spawn(program, ['100'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.once('spawn', resolve));
  const pid = child.pid as number;
  while (readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'a) Z 1 2 (b\n') await new Promise((resolve) => setTimeout(resolve, 1));
  const stat = processStat(pid);
  expect(stat?.state).toMatch(/[RSD]/);
  expect(isAlive({ pid, startTime: stat?.startTime ?? 0 })).toBe(true);
});
