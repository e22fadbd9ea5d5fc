/** Sends an open descriptor over a unix socket (unix(7), SCM_RIGHTS). */
import type { NetworkCalls } from './network-calls.ts';

// linux/socket.h
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;

/** Sends `fd` with a text of one byte or more beside it; `what` begins the sentence of an error. */
export function sendDescriptor(
  { address, sendmsg }: Pick<NetworkCalls, 'address' | 'sendmsg'>,
  what: string,
  socket: number,
  fd: number,
  text: string,
): void {
  const bytes = Buffer.from(text);
  const vector = Buffer.alloc(16); // struct iovec
  vector.writeBigUInt64LE(BigInt(address(bytes)), 0);
  vector.writeBigUInt64LE(BigInt(bytes.length), 8);
  const control = Buffer.alloc(24); // struct cmsghdr and one int
  control.writeBigUInt64LE(20n, 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  control.writeInt32LE(fd, 16);
  const message = Buffer.alloc(56); // struct msghdr
  message.writeBigUInt64LE(BigInt(address(vector)), 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(BigInt(address(control)), 32);
  message.writeBigUInt64LE(24n, 40);
  sendmsg(what, socket, message, 0);
}
