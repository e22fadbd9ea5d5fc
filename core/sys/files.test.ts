import {
  closeSync,
  constants,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFifo, memoryFile, pipe, writeAll } from './files.ts';

function keep(fd: number): number {
  onTestFinished(() => closeSync(fd));
  return fd;
}

const flagsOf = (fd: number) => {
  const line = /^flags:\s+0?(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
  return Number.parseInt(line?.[1] ?? '', 8);
};
const closeOnExec = 0o2000000;

test('a file in memory has its content, can be read only, and is not inherited', async () => {
  const content = Buffer.alloc(300_000, 'content');
  const fd = keep(await memoryFile('test', content));
  expect(readFileSync(fd)).toEqual(content);
  expect(() => writeSync(fd, 'x')).toThrow('EBADF');
  expect(flagsOf(fd) & closeOnExec).toBe(closeOnExec);
});

test('a file in memory can be written anew through its descriptor in /proc', async () => {
  const fd = keep(await memoryFile('test', Buffer.from('before')));
  writeFileSync(`/proc/self/fd/${fd}`, 'after');
  expect(readFileSync(`/proc/self/fd/${fd}`, 'utf8')).toBe('after');
});

test('the ends of a pipe are connected and not inherited', async () => {
  const { read, write } = await pipe();
  keep(read);
  writeSync(write, 'through');
  closeSync(write);
  const bytes = Buffer.alloc(20);
  expect(bytes.toString('utf8', 0, readSync(read, bytes))).toBe('through');
  expect(readSync(read, bytes)).toBe(0);
  expect(flagsOf(read) & closeOnExec).toBe(closeOnExec);
});

test('writing goes on until all is written', async () => {
  // A pipe takes 64 KiB at once; one that does not block takes less than it is given.
  const { read, write } = await pipe();
  keep(read);
  const nonBlocking = openSync(`/proc/self/fd/${write}`, constants.O_WRONLY | constants.O_NONBLOCK);
  closeSync(write);
  expect(() => writeAll(nonBlocking, Buffer.alloc(100_000))).toThrow('EAGAIN');
  closeSync(nonBlocking);
  const rest = Buffer.alloc(200_000);
  expect(readSync(read, rest)).toBe(65_536);
  writeAll(1, new Uint8Array(0));
});

test('a fifo is for its owner alone, and is not made over what is there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runnc-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const fifo = join(folder, 'fifo');
  await makeFifo(fifo);
  expect(lstatSync(fifo).isFIFO()).toBe(true);
  expect(lstatSync(fifo).mode & 0o777).toBe(0o600);
  await expect(makeFifo(fifo)).rejects.toThrow(`making the fifo ${fifo}: EEXIST (file already exists)`);
});
