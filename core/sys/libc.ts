/** The only door to libc, opened at first use: one wrapper that turns -1 into an error. Only files in core/sys may import koffi. */
import { SysError } from '../errors.ts';
import type { LibcFunctions, LibcName } from './libc-functions.ts';

export type { LibcName } from './libc-functions.ts';

let errnoNames: ReadonlyMap<number, [string, string]> | undefined;

/** What mounts, terminals, taps and quotas answer, and the engines' own list lacks (asm-generic/errno.h). */
const furtherErrnos: Readonly<Record<number, readonly [name: string, text: string]>> = {
  8: ['ENOEXEC', 'exec format error'],
  10: ['ECHILD', 'no child processes'],
  15: ['ENOTBLK', 'block device required'],
  35: ['EDEADLK', 'resource deadlock would occur'],
  37: ['ENOLCK', 'no locks available'],
  74: ['EBADMSG', 'bad message'],
  77: ['EBADFD', 'file descriptor in bad state'],
  87: ['EUSERS', 'too many users'],
  115: ['EINPROGRESS', 'operation now in progress'],
  116: ['ESTALE', 'stale file handle'],
  117: ['EUCLEAN', 'structure needs cleaning'],
  122: ['EDQUOT', 'disk quota exceeded'],
  126: ['ENOKEY', 'required key not available'],
};

/** Name and text of an errno: `[ 'ENOENT', 'no such file or directory' ]`. */
export function describeErrno(errno: number): readonly [name: string, text: string] {
  // Loaded only here: most commands end without an error.
  errnoNames ??= process.getBuiltinModule('node:util').getSystemErrorMap();
  return errnoNames.get(-errno) ?? furtherErrnos[errno] ?? [`errno ${errno}`, 'unknown error'];
}

/** Of a call that has failed while `what` was being done. */
export function sysError(call: string, errno: number, what: string): SysError {
  const [name, text] = describeErrno(errno);
  return new SysError(call, errno, name, what, text);
}

/** libc, with a wrapper that checks results. */
export interface Libc {
  /** Calls `name`; a result of -1 is thrown as a SysError that says `what` was being done. */
  call(what: string, name: LibcName, ...args: unknown[]): number;
  /** Calls `name` and returns the result as it is, with errno read in the very next expression (0 after success). */
  raw(name: LibcName, ...args: unknown[]): { readonly result: number; readonly errno: number };
  /** Calls `name` on another thread. */
  async(what: string, name: LibcName, ...args: unknown[]): Promise<number>;
  /** Where bytes are, for as long as they are in use. */
  address(bytes: Uint8Array): number;
}

let libcLoaded: Libc | undefined;

/** libc, bound at first use. */
export async function libc(): Promise<Libc> {
  libcLoaded ??= bind(await (await import('#libc-functions')).libcFunctions());
  return libcLoaded;
}

function bind({ call, errno, async, address }: LibcFunctions): Libc {
  return {
    call(what, name, ...args) {
      const result = call(name, args);
      if (result === -1) throw sysError(name, errno(), what);
      return result;
    },
    raw(name, ...args) {
      const result = call(name, args);
      return result === -1 ? { result, errno: errno() } : { result, errno: 0 };
    },
    async async(what, name, ...args) {
      const { result, errno: number } = await async(name, args);
      if (result === -1) throw sysError(name, number, what);
      return result;
    },
    address,
  };
}
