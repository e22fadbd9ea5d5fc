/**
 * What `start` needs of libc for a network, in the single executable without koffi, of whose three milliseconds nothing else there has any
 * use.
 */
import { ptr as addressOf, dlopen, FFIType, read } from 'bun:ffi';
import { sysError } from './libc.ts';
import type { NetworkCalls } from './network-calls.ts';

const { i32, i64, u64, ptr } = FFIType;
// Sizes of messages are far below what 31 bits hold; ioctl's third argument is where a fourth would be, as on all of our machines.
const { symbols } = dlopen('libc.so.6', {
  setns: { args: [i32, i32], returns: i32 },
  socket: { args: [i32, i32, i32], returns: i32 },
  setsockopt: { args: [i32, i32, i32, ptr, i32], returns: i32 },
  send: { args: [i32, ptr, u64, i32], returns: i32 },
  recv: { args: [i32, ptr, u64, i32], returns: i32 },
  ioctl: { args: [i32, u64, ptr], returns: i32 },
  sendmsg: { args: [i32, ptr, i32], returns: i32 },
  syscall: { args: [i64, i64, i64, i64, i64, i64], returns: i32 },
  __errno_location: { args: [], returns: ptr },
});

const errno = () => read.i32(symbols.__errno_location(), 0);

function call(
  name: Exclude<keyof typeof symbols, '__errno_location'>,
): (what: string, ...args: (number | Uint8Array)[]) => number {
  return (what, ...args) => {
    const result = symbols[name](...args);
    if (result !== -1) return result;
    throw sysError(name, errno(), what);
  };
}

export async function networkCalls(): Promise<NetworkCalls> {
  const syscall = call('syscall');
  return {
    setns: call('setns'),
    socket: call('socket'),
    setsockopt: call('setsockopt'),
    send: call('send'),
    recv: call('recv'),
    ioctl: call('ioctl'),
    sendmsg: call('sendmsg'),
    syscall(what, number, ...args) {
      const [a = 0, b = 0, c = 0, d = 0, e = 0] = args.map((each) =>
        typeof each === 'number' ? each : each === null ? 0 : addressOf(each),
      );
      return syscall(what, number, a, b, c, d, e);
    },
    address: addressOf,
  };
}
