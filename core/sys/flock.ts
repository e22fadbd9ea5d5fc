/** flock(2); the single executable has flock.compiled.ts in its place, which costs less to load. */
import { isTaken } from './flock-answer.ts';
import { libc } from './libc.ts';

const LOCK_EX_NB = 2 | 4; // sys/file.h

/**
 * Takes an exclusive lock if nobody has it; it goes with the descriptor, also when the process dies.
 * @throws SysError that begins with `what`, when the kernel refuses it for another reason
 */
export async function tryLock(fd: number, what = 'taking a lock'): Promise<boolean> {
  const { result, errno } = (await libc()).raw('flock', fd, LOCK_EX_NB);
  return isTaken(what, result, errno);
}
