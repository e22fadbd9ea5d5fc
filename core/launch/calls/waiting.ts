/** The wait set and the timer. */
import type { Op, Slot } from '../../plugin.ts';
import { OPEN } from './files.ts';
import { build, type OpOptions } from './op.ts';

export const epollCreate = (options: OpOptions = {}): Op => build('epoll_create1', 'making the wait set')([0], options);

/** Adds a descriptor to an epoll set for reading, with `data` as its cookie. The struct is packed on x86_64 only. */
export function epollAdd(set: number | Slot, fd: number | Slot, data: bigint, packed: boolean): Op {
  const event = new Uint8Array(packed ? 12 : 16);
  const view = new DataView(event.buffer);
  view.setUint32(0, 1, true); // EPOLLIN
  view.setBigUint64(packed ? 4 : 8, data, true);
  return build('epoll_ctl', 'registering in the wait set')([set, 1, fd, event]); // EPOLL_CTL_ADD
}

/** A non-blocking timer on CLOCK_MONOTONIC. */
export const timerfdCreate = (options: OpOptions = {}): Op =>
  build('timerfd_create', 'making the timer')([1, OPEN.nonBlock], options);
