/** poll(2) of one descriptor. */
import { type Libc, sysError } from './libc.ts';

const POLLIN = 1; // asm-generic/poll.h
const EINTR = 4; // asm-generic/errno-base.h

/**
 * Waits on this thread until there is something to be read; false when so many milliseconds were over first.
 * @throws SysError that begins with `what`
 */
export function readableWithin({ raw }: Libc, what: string, fd: number, milliseconds: number): boolean {
  const events = Buffer.alloc(8); // struct pollfd
  events.writeInt32LE(fd, 0);
  events.writeInt16LE(POLLIN, 4);
  const end = performance.now() + milliseconds;
  for (;;) {
    const { result, errno } = raw('poll', events, 1, Math.max(0, Math.ceil(end - performance.now())));
    if (result >= 0) return result > 0;
    if (errno !== EINTR) throw sysError('poll', errno, what);
  }
}
