/**
 * What `start` needs of libc for a network, through koffi; the single executable has network-calls.compiled.ts in its place, which costs
 * less to load.
 */
import { type LibcName, libc } from './libc.ts';

/** Calls that answer what libc answers, and throw a SysError that begins with `what` for -1. */
export interface NetworkCalls {
  setns(what: string, fd: number, type: number): number;
  socket(what: string, domain: number, type: number, protocol: number): number;
  setsockopt(what: string, fd: number, level: number, option: number, value: Uint8Array, size: number): number;
  send(what: string, fd: number, bytes: Uint8Array, size: number, flags: number): number;
  recv(what: string, fd: number, buffer: Uint8Array, size: number, flags: number): number;
  ioctl(what: string, fd: number, request: number, structure: Uint8Array): number;
  sendmsg(what: string, fd: number, message: Uint8Array, flags: number): number;
  /** A system call by its number; bytes and null are pointers. */
  syscall(what: string, number: number, ...args: readonly (number | Uint8Array | null)[]): number;
  /** Where bytes are, for as long as they are in use. */
  address(bytes: Uint8Array): number;
}

export async function networkCalls(): Promise<NetworkCalls> {
  const { call, address } = await libc();
  const plain =
    (name: LibcName) =>
    (what: string, ...args: readonly unknown[]) =>
      call(what, name, ...args);
  return {
    setns: plain('setns'),
    socket: plain('socket'),
    setsockopt: plain('setsockopt'),
    send: plain('send'),
    recv: plain('recv'),
    sendmsg: plain('sendmsg'),
    ioctl: (what, fd, request, structure) => call(what, 'ioctl', fd, request, 'void *', structure),
    syscall: (what, number, ...args) =>
      call(what, 'syscall', number, ...args.flatMap((each) => [typeof each === 'number' ? 'long' : 'void *', each])),
    address,
  };
}
