/** flock(2) through koffi; the single executable has flock.compiled.ts in its place, which costs less to load. */
import { libc } from './libc.ts';

const LOCK_EX_NB = 2 | 4; // sys/file.h

/** Takes an exclusive lock if nobody has it; it goes with the descriptor, also when the process dies. */
export async function tryLock(fd: number): Promise<boolean> {
  return (await libc()).raw('flock', fd, LOCK_EX_NB).result === 0;
}
