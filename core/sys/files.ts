/** Files that Node's own API cannot make: memfds, pipes with their flags, fifos. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { libc } from './libc.ts';

const MFD_CLOEXEC = 1; // linux/memfd.h
const O_CLOEXEC = 0o2000000; // asm-generic/fcntl.h

/**
 * A file in memory with this content. The descriptor returned is read-only: a file that is open for writing cannot be
 * executed (ETXTBSY), and a later writer opens it anew through /proc/PID/fd.
 */
export async function memoryFile(name: string, content: Uint8Array): Promise<number> {
  const { call } = await libc();
  const fd = call('making a file in memory', 'memfd_create', name, MFD_CLOEXEC);
  try {
    writeAll(fd, content);
    return openSync(`/proc/self/fd/${fd}`, 'r');
  } finally {
    closeSync(fd);
  }
}

/** Writes all of it, however many calls that takes. */
export function writeAll(fd: number, content: Uint8Array): void {
  for (let done = 0; done < content.length; ) done += writeSync(fd, content, done);
}

/** All that is in an open file, from its beginning. */
export function contentOf(fd: number): Buffer {
  const bytes = Buffer.allocUnsafe(fstatSync(fd).size);
  let at = 0;
  for (let read = -1; at < bytes.length && read !== 0; at += read) read = readSync(fd, bytes, at, bytes.length - at, at);
  return bytes.subarray(0, at);
}

/** A pipe whose ends are not inherited. */
export async function pipe(): Promise<{ readonly read: number; readonly write: number }> {
  const ends = [0, 0];
  (await libc()).call('making a pipe', 'pipe2', ends, O_CLOEXEC);
  return { read: ends[0] as number, write: ends[1] as number };
}

export async function makeFifo(path: string): Promise<void> {
  (await libc()).call(`making the fifo ${path}`, 'mkfifo', path, 0o600);
}
