/**
 * flock(2) in the single executable, without koffi: `start`, `kill` and `delete` need nothing else of libc, and this saves
 * them two milliseconds.
 */
import { dlopen, FFIType } from 'bun:ffi';

const LOCK_EX_NB = 2 | 4; // sys/file.h

const { symbols } = dlopen('libc.so.6', { flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } });

/** Takes an exclusive lock if nobody has it; it goes with the descriptor, also when the process dies. */
export async function tryLock(fd: number): Promise<boolean> {
  return symbols.flock(fd, LOCK_EX_NB) === 0;
}
