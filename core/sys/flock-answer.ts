/** What flock(2) says to whoever does not want to wait. */
import { sysError } from './libc.ts';

// asm-generic/errno-base.h
const EINTR = 4;
const EWOULDBLOCK = 11;

/**
 * Whether the lock was taken; false when somebody else has it, or a signal came first.
 * @throws SysError that begins with `what`, for everything that waiting does not mend
 */
export function isTaken(what: string, result: number, errno: number): boolean {
  if (result === 0) return true;
  if (errno === EWOULDBLOCK || errno === EINTR) return false;
  throw sysError('flock', errno, what);
}
