/**
 * The only door to libc: one table of declarations, loaded at first use, and one wrapper that turns -1 into an error.
 * Only files in core/sys and `Host.library` may import koffi.
 */
import { SysError } from '../errors.ts';

type Koffi = typeof import('koffi').default;

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

let loaded: Koffi | undefined;

/** koffi, loaded at first use: two to three milliseconds that `state`, `kill` and `delete` do not pay. */
export async function loadKoffi(): Promise<Koffi> {
  loaded ??= (await import('#koffi')).default;
  return loaded;
}

const prototypes = {
  clock_gettime: 'int clock_gettime(int clock, void *time)',
  close: 'int close(int fd)',
  connect: 'int connect(int fd, const void *address, unsigned int size)',
  fcntl: 'int fcntl(int fd, int command, ...)',
  flock: 'int flock(int fd, int operation)',
  ioctl: 'int ioctl(int fd, unsigned long request, ...)',
  lseek: 'intptr_t lseek(int fd, intptr_t offset, int from)',
  memfd_create: 'int memfd_create(const char *name, unsigned int flags)',
  mkfifo: 'int mkfifo(const char *path, unsigned int mode)',
  pipe2: 'int pipe2(_Out_ int *fds, int flags)',
  poll: 'int poll(void *fds, unsigned long count, int timeout)',
  posix_spawn:
    'int posix_spawn(_Out_ int *pid, const char *path, const void *actions, const void *attributes, const char **argv, const char **envp)',
  posix_spawn_file_actions_init: 'int posix_spawn_file_actions_init(void *actions)',
  posix_spawn_file_actions_adddup2: 'int posix_spawn_file_actions_adddup2(void *actions, int from, int to)',
  posix_spawn_file_actions_destroy: 'int posix_spawn_file_actions_destroy(void *actions)',
  prctl: 'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
  recv: 'intptr_t recv(int fd, void *buffer, size_t length, int flags)',
  send: 'intptr_t send(int fd, const void *bytes, size_t length, int flags)',
  sendmsg: 'intptr_t sendmsg(int fd, void *message, int flags)',
  setsockopt: 'int setsockopt(int fd, int level, int option, const void *value, unsigned int length)',
  setns: 'int setns(int fd, int type)',
  socket: 'int socket(int domain, int type, int protocol)',
  syscall: 'long syscall(long number, ...)',
  wait4: 'int wait4(int pid, _Out_ int *status, int options, void *usage)',
} as const;

export type LibcName = keyof typeof prototypes;
// biome-ignore lint/suspicious/noExplicitAny: koffi functions take and return what their C prototype says
type Foreign = ((...args: any[]) => any) & { async: (...args: any[]) => void };

/** libc, with a wrapper that checks results. */
export interface Libc {
  /** Calls `name`; a result of -1 is thrown as a SysError that says `what` was being done. */
  call(what: string, name: LibcName, ...args: unknown[]): number;
  /** Calls `name` and returns the result as it is, with errno read in the very next expression (0 after success). */
  raw(name: LibcName, ...args: unknown[]): { readonly result: number; readonly errno: number };
  /** Calls `name` on another thread. */
  async(what: string, name: LibcName, ...args: unknown[]): Promise<number>;
}

let libcLoaded: Libc | undefined;

/** libc, bound at first use. */
export async function libc(): Promise<Libc> {
  libcLoaded ??= bind(await loadKoffi());
  return libcLoaded;
}

function bind(koffi: Koffi): Libc {
  const library = koffi.load('libc.so.6');
  const functions = new Map<LibcName, Foreign>();
  const find = (name: LibcName): Foreign => {
    let found = functions.get(name);
    if (!found) {
      found = library.func(prototypes[name]) as unknown as Foreign;
      functions.set(name, found);
    }
    return found;
  };
  const failure = (what: string, name: LibcName, errno: number) => {
    const [errnoName, text] = describeErrno(errno);
    return new SysError(name, errno, errnoName, what, text);
  };
  return {
    call(what, name, ...args) {
      const result = Number(find(name)(...args));
      if (result === -1) throw failure(what, name, koffi.errno());
      return result;
    },
    raw(name, ...args) {
      const result = Number(find(name)(...args));
      return result === -1 ? { result, errno: koffi.errno() } : { result, errno: 0 };
    },
    async(what, name, ...args) {
      return new Promise((resolve, reject) => {
        find(name).async(...args, (error: Error | null, result: unknown) => {
          if (error) reject(error);
          else if (Number(result) === -1) reject(failure(what, name, koffi.errno()));
          else resolve(Number(result));
        });
      });
    },
  };
}
