/** Functions of libc through koffi; the single executable has libc-functions.compiled.ts in their place, which costs less to load. */
import { loadKoffi } from './koffi.ts';

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

/** As C declares them: -1 is a result. `args` are numbers, bytes, null, texts, an array for an `_Out_`, and the type before each that is variable. */
export interface LibcFunctions {
  call(name: LibcName, args: readonly unknown[]): number;
  /** Of the call just before. */
  errno(): number;
  /** On another thread. */
  async(name: LibcName, args: readonly unknown[]): Promise<{ readonly result: number; readonly errno: number }>;
  /** Where bytes are, for as long as they are in use. */
  address(bytes: Uint8Array): number;
}

// biome-ignore lint/suspicious/noExplicitAny: koffi functions take and return what their C prototype says
type Foreign = ((...args: any[]) => any) & { async: (...args: any[]) => void };

export async function libcFunctions(): Promise<LibcFunctions> {
  const koffi = await loadKoffi();
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
  return {
    call: (name, args) => Number(find(name)(...args)),
    errno: () => koffi.errno(),
    async: (name, args) =>
      new Promise((resolve, reject) => {
        find(name).async(...args, (error: Error | null, answer: unknown) => {
          const result = Number(answer);
          if (error) reject(error);
          else resolve({ result, errno: result === -1 ? koffi.errno() : 0 });
        });
      }),
    address: (bytes) => Number(koffi.address(bytes)),
  };
}
