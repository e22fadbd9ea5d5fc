/** Open files handed over by another process (unix(7), SCM_RIGHTS). */
import type { Op } from '../../plugin.ts';
import { close } from './files.ts';
import { addressOf, build, mutable, struct } from './op.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** A pair of sockets, at the two lowest free numbers. */
export const socketPair = (): Op => build('socketpair', 'making the mailbox')([AF_UNIX, SOCK_DGRAM, 0, addressOf(mutable(8))]);

/**
 * Puts a file that lies in the mailbox in the place of an open one. All lower numbers have to be in use: the kernel gives it the lowest
 * that is free.
 */
export function receiveDescriptor(mailbox: number, place: number, label: string): readonly Op[] {
  const vector = struct(new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), [{ at: 0, to: mutable(1) }]); // struct iovec
  const header = new Uint8Array(56); // struct msghdr
  const view = new DataView(header.buffer);
  view.setUint32(24, 1, true);
  view.setUint32(40, 24, true); // CMSG_SPACE of one descriptor
  const message = struct(header, [
    { at: 16, to: vector },
    { at: 32, to: mutable(24) },
  ]);
  return [close(place), build('recvmsg', label)([mailbox, message, MSG_DONTWAIT])];
}
