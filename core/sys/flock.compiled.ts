/**
 * flock(2) in the single executable, by itself: `start`, `kill` and `delete` need nothing else of libc, and the door to all of it takes
 * a millisecond of `start`.
 */
import { dlopen, FFIType, read } from 'bun:ffi';
import { isTaken } from './flock-answer.ts';

const LOCK_EX_NB = 2 | 4; // sys/file.h

const { symbols } = dlopen('libc.so.6', {
  flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  __errno_location: { args: [], returns: FFIType.ptr },
});

/**
 * Takes an exclusive lock if nobody has it; it goes with the descriptor, also when the process dies.
 * @throws SysError that begins with `what`, when the kernel refuses it for another reason
 */
export async function tryLock(fd: number, what = 'taking a lock'): Promise<boolean> {
  const result = symbols.flock(fd, LOCK_EX_NB);
  return isTaken(what, result, result === 0 ? 0 : read.i32(symbols.__errno_location(), 0));
}
