/** openat2(2), Linux 5.6: opens a path so that no symlink, `..` or magic link leads out of a folder. */
import { libc, sysError } from './libc.ts';

const SYS_OPENAT2 = 437; // the same on every architecture (asm-generic/unistd.h)
/** Flags of open(2) that the engines do not name (asm-generic/fcntl.h). With O_PATH what is there is not opened, only held. */
export const O_PATH = 0o10000000;
export const O_CLOEXEC = 0o2000000;
/** `/proc/PID/root`, `/proc/PID/fd/N` and the like are refused (linux/openat2.h). */
export const RESOLVE_NO_MAGICLINKS = 0x02;
/** The folder is the root: absolute paths and symlinks, and `..`, stay inside (linux/openat2.h). */
export const RESOLVE_IN_ROOT = 0x10;

const EAGAIN = 11; // asm-generic/errno-base.h
// With RESOLVE_IN_ROOT the kernel answers EAGAIN when anything on the machine was renamed or mounted while it walked a `..`.
const MOST_TRIES = 100;

export interface OpenHow {
  /** open(2) flags. */
  readonly flags: number;
  /** Mode of a file that is created. */
  readonly mode?: number;
  /** RESOLVE_* flags. */
  readonly resolve: number;
}

/** Opens `path` (without NUL) from the folder `directory`; throws a SysError that says `what` was being done. */
export async function openat2(
  what: string,
  directory: number,
  path: string,
  { flags, mode = 0, resolve }: OpenHow,
): Promise<number> {
  const { raw } = await libc();
  const how = Buffer.alloc(24); // struct open_how { u64 flags, mode, resolve; }
  for (const [index, value] of [flags, mode, resolve].entries()) how.writeBigUInt64LE(BigInt(value), index * 8);
  const name = Buffer.from(`${path}\0`);
  for (let tries = 1; ; tries++) {
    const { result, errno } = raw('syscall', SYS_OPENAT2, 'long', directory, 'void *', name, 'void *', how, 'size_t', how.length);
    if (result !== -1) return result;
    if (errno === EAGAIN && tries < MOST_TRIES) continue;
    throw sysError('openat2', errno, what);
  }
}
