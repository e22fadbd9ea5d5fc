/** Functions of libc in the single executable, by its engine's own means: koffi takes three milliseconds to load, more than all that is called. */
import { ptr as addressOf, dlopen, FFIType, read } from 'bun:ffi';
import type { LibcFunctions, LibcName } from './libc-functions.ts';

const { i32, i64, u32, u64, ptr } = FFIType;
type Type = (typeof FFIType)[keyof typeof FFIType];
type Signature = readonly [returns: Type, ...args: Type[]];

/**
 * The same functions as libc-functions.ts declares. What is variable in C (ioctl(2), fcntl(2), syscall(2)) is declared with as many
 * arguments as are ever given: on x86_64 and aarch64 Linux the two are passed alike (System V ABI, AMD64, 3.5.7; AAPCS64, 6.8.2).
 */
const signatures: Readonly<Record<LibcName, Signature>> = {
  clock_gettime: [i32, i32, ptr],
  close: [i32, i32],
  connect: [i32, i32, ptr, u32],
  fcntl: [i32, i32, i32, i64],
  flock: [i32, i32, i32],
  ioctl: [i32, i32, u64, u64],
  lseek: [i64, i32, i64, i32],
  memfd_create: [i32, ptr, u32],
  mkfifo: [i32, ptr, u32],
  pipe2: [i32, ptr, i32],
  poll: [i32, ptr, u64, i32],
  posix_spawn: [i32, ptr, ptr, ptr, ptr, ptr, ptr],
  posix_spawn_file_actions_init: [i32, ptr],
  posix_spawn_file_actions_adddup2: [i32, ptr, i32, i32],
  posix_spawn_file_actions_destroy: [i32, ptr],
  prctl: [i32, i32, u64, u64, u64, u64],
  recv: [i64, i32, ptr, u64, i32],
  send: [i64, i32, ptr, u64, i32],
  sendmsg: [i64, i32, ptr, i32],
  setsockopt: [i32, i32, i32, i32, ptr, u32],
  setns: [i32, i32, i32],
  socket: [i32, i32, i32, i32],
  syscall: [i64, i64, i64, i64, i64, i64, i64, i64],
  wait4: [i32, i32, ptr, i32, ptr],
};

/** How many arguments come before those that have their type in front. */
const fixed: Readonly<Partial<Record<LibcName, number>>> = { fcntl: 2, ioctl: 2, syscall: 1 };

type Word = number | bigint;
const functions = new Map<LibcName, (...args: Word[]) => Word>();
/** Of this thread. */
const errnoPlace = dlopen('libc.so.6', { __errno_location: { args: [], returns: ptr } }).symbols.__errno_location();
let errno = 0;
/** Memory that the call in progress uses. */
let inUse: unknown[] = [];

function find(name: LibcName): (...args: Word[]) => Word {
  let found = functions.get(name);
  if (!found) {
    const [returns, ...args] = signatures[name];
    found = dlopen('libc.so.6', { [name]: { args, returns } }).symbols[name] as unknown as (...args: Word[]) => Word;
    functions.set(name, found);
  }
  return found;
}

/** What C gets of a value. */
function wordOf(value: unknown): Word {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value === null) return 0;
  if (ArrayBuffer.isView(value)) {
    inUse.push(value);
    return addressOf(value as Uint8Array);
  }
  if (typeof value === 'string') return wordOf(Buffer.from(`${value}\0`));
  return wordOf(BigUint64Array.from(value as (string | null)[], (text) => BigInt(wordOf(text))));
}

const isOutput = (value: unknown): value is number[] => Array.isArray(value) && typeof value[0] === 'number';

function call(name: LibcName, args: readonly unknown[]): number {
  const called = find(name);
  inUse = [];
  const given = fixed[name] ?? args.length;
  const values = args.filter((_, index) => index < given || (index - given) % 2 === 1);
  const outputs = values.filter(isOutput).map((list) => ({ list, numbers: Int32Array.from(list) }));
  const words = values.map((value) => wordOf(outputs.find(({ list }) => list === value)?.numbers ?? value));
  for (let left = signatures[name].length - 1 - words.length; left > 0; left--) words.push(0);
  const result = Number(called(...words));
  if (result === -1) errno = read.i32(errnoPlace as number as never, 0);
  for (const { list, numbers } of outputs) list.splice(0, list.length, ...numbers);
  return result;
}

export async function libcFunctions(): Promise<LibcFunctions> {
  return {
    call,
    errno: () => errno,
    async: async (...what) => (await (await import('./libc-functions.ts')).libcFunctions()).async(...what),
    address: addressOf,
  };
}
