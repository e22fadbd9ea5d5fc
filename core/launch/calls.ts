/**
 * Builders of ops: each system call that a tape may hold, with named arguments and a label that reads well before
 * `: ENOENT (no such file or directory)`. Numbers are the kernel's, with the header that defines them.
 */
import type { Address, Argument, Mark, Mutable, Op, Slot, Struct } from '../plugin.ts';

export const AT_FDCWD = -100; // linux/fcntl.h
export const AT_EMPTY_PATH = 0x1000; // linux/fcntl.h
export const SIGCHLD = 17; // asm/signal.h
export const PROT = { read: 1, write: 2, execute: 4 } as const; // asm-generic/mman-common.h
export const MAP = { shared: 1, private: 2, fixed: 0x10, anonymous: 0x20, noReserve: 0x4000 } as const; // asm-generic/mman.h, x86 and arm64 alike

/** clone(2) flags, linux/sched.h. */
export const CLONE = {
  newTime: 0x80,
  parent: 0x8000,
  newMount: 0x20000,
  newCgroup: 0x2000000,
  newUts: 0x4000000,
  newIpc: 0x8000000,
  newUser: 0x10000000,
  newPid: 0x20000000,
  newNet: 0x40000000,
} as const;

/** open(2) flags, asm-generic/fcntl.h. */
export const OPEN = {
  readOnly: 0,
  writeOnly: 1,
  readWrite: 2,
  exclusive: 0o200,
  nonBlock: 0o4000,
  closeOnExec: 0o2000000,
} as const;

/** mount(2) flags, linux/mount.h. */
export const MS = {
  readOnly: 1,
  noSuid: 2,
  noDev: 4,
  noExec: 8,
  remount: 32,
  bind: 0x1000,
  move: 0x2000,
  recursive: 0x4000,
  private: 0x40000,
} as const;

/** What may be said of any op. */
export interface OpOptions {
  readonly label?: string;
  readonly store?: Slot | Address;
  readonly exact?: boolean;
  readonly optional?: boolean;
  readonly branch?: Mark;
  readonly mark?: Mark;
}

/** A result to be kept for later ops. */
export const slot = (name: string): Slot => ({ kind: 'slot', name });

/** A position on the tape. */
export const mark = (name: string): Mark => ({ kind: 'mark', name });

/** Writable bytes in the launcher's image; `bytes` are there at the start. */
export const mutable = (size: number, bytes?: Uint8Array): Mutable =>
  bytes ? { kind: 'mutable', size, bytes } : { kind: 'mutable', size };

/** An address that is known when the tape is laid out. */
export const addressOf = (of: Address['of'], offset = 0): Address => ({ kind: 'address', of, offset });

/** Bytes with addresses in them. */
export const struct = (bytes: Uint8Array, pointers: Struct['pointers']): Struct => ({ kind: 'struct', bytes, pointers });

/** Little-endian words of 64 bits. */
export function words(...values: readonly (number | bigint)[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    putWord(view, index * 8, value);
  });
  return bytes;
}

/** Writes 64 bits. Numbers go in two halves: BigInt costs milliseconds over a whole tape in an engine that has just started. */
export function putWord(view: DataView, at: number, value: number | bigint): void {
  if (typeof value === 'bigint') {
    view.setBigUint64(at, BigInt.asUintN(64, value), true);
  } else if (value !== 0) {
    view.setUint32(at, value, true);
    view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
  }
}

/** Any system call by its name. */
export function call(name: string, args: readonly Argument[], options: OpOptions & { readonly label: string }): Op {
  return { ...options, call: name, args };
}

const build =
  (name: string, label: string) =>
  (args: readonly Argument[], options: OpOptions = {}): Op => ({ label, ...options, call: name, args });

export const open = (path: string, flags: number, options: OpOptions = {}): Op =>
  build('openat', `opening ${path}`)([AT_FDCWD, path, flags, 0], options);

export const openBeneath = (directory: number | Slot, path: string, flags: number, options: OpOptions = {}): Op =>
  build('openat', `opening ${path}`)([directory, path, flags, 0], options);

export const close = (fd: number | Slot, options: OpOptions = {}): Op => build('close', 'closing a descriptor')([fd], options);

export const closeRange = (first: number, last: number): Op =>
  build('close_range', 'closing inherited descriptors')([first, last, 0]);

/** Takes a lock that lasts as long as the open file, or fails at once (flock(2); numbers of asm-generic/fcntl.h). */
export const lock = (fd: number | Slot, kind: 'exclusive' | 'shared', path: string): Op =>
  build('flock', `locking ${path}, which another container or program may be using`)([fd, (kind === 'exclusive' ? 2 : 1) | 4]);

/** Moves a descriptor to a fixed number. */
export const moveDescriptor = (from: Slot, to: number, closeOnExec = false): readonly Op[] => [
  build('dup3', 'placing a descriptor')([from, to, closeOnExec ? OPEN.closeOnExec : 0]),
  close(from),
];

/** Reads exactly `size` bytes; end of file is a failure. */
export const readExactly = (fd: number | Slot, into: Mutable, size: number, options: OpOptions = {}): Op =>
  build('read', 'reading')([fd, addressOf(into), size], { exact: true, ...options });

export const write = (fd: number | Slot, bytes: Uint8Array | string | Address, size: number, options: OpOptions = {}): Op =>
  build('write', 'writing')([fd, bytes, size], { exact: true, ...options });

/** Opens a kernel file, writes one value and closes it. */
export function writeFile(
  path: string,
  value: string,
  { label = `writing ${value} to ${path}`, optional = false } = {},
): readonly Op[] {
  const fd = slot(path);
  const bytes = new TextEncoder().encode(value);
  return [
    open(path, OPEN.writeOnly | OPEN.closeOnExec, { label, store: fd, optional }),
    write(fd, bytes, bytes.length, { label, optional }),
    close(fd, { label, optional }),
  ];
}

export const setns = (fd: Slot, type: number, what: string): Op => build('setns', `joining ${what}`)([fd, type]);
export const unshare = (flags: number, label = 'making namespaces'): Op => build('unshare', label)([flags]);
export const clone = (flags: number, options: OpOptions = {}): Op =>
  build('clone', 'starting the first process of the container')([flags, 0, 0, 0, 0], options);
/**
 * clone3(2) into a cgroup of version 2 (CLONE_INTO_CGROUP): an op whose structure has a place for the cgroup's descriptor, in
 * which the op that opens it stores its result.
 */
export function cloneInto(flags: number): { readonly cgroup: Address; readonly clone: (options?: OpOptions) => Op } {
  const size = 88; // CLONE_ARGS_SIZE_VER2, linux/sched.h
  const intoCgroup = 0x200000000;
  const structure = mutable(size, words(intoCgroup + flags, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  return {
    cgroup: addressOf(structure, 80),
    clone: (options = {}) =>
      build('clone3', 'starting the first process of the container in its cgroup')([addressOf(structure), size], options),
  };
}

export const exitGroup = (status: number, options: OpOptions = {}): Op => build('exit_group', 'ending')([status], options);
export const setsid = (): Op => build('setsid', 'making a session')([]);
export const mount = (source: string, target: string, type: string, flags: number, data: string): Op =>
  build('mount', `mounting ${type || source} on ${target}`)([source, target, type, flags, data]);
export const umountDetached = (target: string): Op => build('umount2', `unmounting ${target}`)([target, 2]); // MNT_DETACH
export const pivotRoot = (newRoot: string, putOld: string): Op =>
  build('pivot_root', "leaving the host's files")([newRoot, putOld], { label: "leaving the host's files (pivot_root)" });
export const chdir = (path: string): Op => build('chdir', `entering ${path}`)([path]);
export const chroot = (path: string): Op => build('chroot', `making ${path} the root`)([path]);
export const sethostname = (name: string): Op =>
  build('sethostname', `setting the host name to ${name}`)([name, new TextEncoder().encode(name).length]);
export const setdomainname = (name: string): Op =>
  build('setdomainname', `setting the domain name to ${name}`)([name, new TextEncoder().encode(name).length]);

/** Sets a limit of the calling process; `resource` as in asm-generic/resource.h. */
export const prlimit = (resource: number, soft: bigint, hard: bigint, name: string): Op =>
  build('prlimit64', `setting the limit ${name}`)([0, resource, words(soft, hard), 0]);

export const prctl = (option: number, a: Argument = 0, b: Argument = 0, options: OpOptions = {}): Op =>
  build('prctl', `prctl ${option}`)([option, a, b, 0, 0], options);

export const noNewPrivileges = (): Op => prctl(38, 1, 0, { label: 'setting no_new_privs' }); // PR_SET_NO_NEW_PRIVS
export const setName = (name: string): Op => prctl(15, name, 0, { label: 'naming the process' }); // PR_SET_NAME

/** Drops one capability from the bounding set (PR_CAPBSET_DROP); a number that the kernel does not know is passed over. */
export const dropBounding = (capability: number): Op =>
  prctl(24, capability, 0, { label: `dropping capability ${capability}`, optional: true });

/** Empties the effective, permitted and inheritable sets (capset(2), _LINUX_CAPABILITY_VERSION_3). */
export function dropCapabilities(): Op {
  const header = new Uint8Array(8);
  new DataView(header.buffer).setUint32(0, 0x20080522, true);
  return build('capset', 'dropping capabilities')([header, new Uint8Array(24)]);
}

export function setgroups(groups: readonly number[]): Op {
  return build(
    'setgroups',
    'setting additional groups',
  )([groups.length, groups.length ? new Uint8Array(Uint32Array.from(groups).buffer) : 0]);
}
export const setgid = (gid: number): Op => build('setresgid', `becoming group ${gid}`)([gid, gid, gid]);
export const setuid = (uid: number): Op => build('setresuid', `becoming user ${uid}`)([uid, uid, uid]);

export const ioctl = (fd: number | Slot, request: number, argument: Argument, label: string, options: OpOptions = {}): Op =>
  build('ioctl', label)([fd, request, argument], options);

/** Replaces the process by the file that a descriptor names (execveat with AT_EMPTY_PATH). */
export function execDescriptor(fd: number, argv: readonly string[]): Op {
  const vector = new Uint8Array((argv.length + 1) * 8);
  const arguments_ = struct(
    vector,
    argv.map((argument, index) => ({ at: index * 8, to: argument })),
  );
  return build('execveat', 'starting the tender')([fd, '', arguments_, new Uint8Array(8), AT_EMPTY_PATH]);
}

export const mmap = (
  {
    address = 0,
    size,
    protection,
    flags,
    fd = -1,
    offset = 0,
  }: {
    readonly address?: number;
    readonly size: number;
    readonly protection: number;
    readonly flags: number;
    readonly fd?: number | Slot;
    readonly offset?: number;
  },
  options: OpOptions = {},
): Op =>
  build('mmap', `mapping ${size} bytes at 0x${address.toString(16)}`)([address, size, protection, flags, fd, offset], options);

export const munmap = (address: number | Address, size: number | bigint | Address, options: OpOptions = {}): Op =>
  build('munmap', 'unmapping')([address, size], options);
export const mprotect = (address: number, size: number, protection: number): Op =>
  build('mprotect', `protecting ${size} bytes at 0x${address.toString(16)}`)([address, size, protection]);
export const noHugePages = (address: number, size: number): Op =>
  build('madvise', 'refusing huge pages')([address, size, 15], { optional: true }); // MADV_NOHUGEPAGE
export const preadExactly = (fd: number | Slot, address: number, size: number, offset: number, options: OpOptions = {}): Op =>
  build('pread64', `reading ${size} bytes to 0x${address.toString(16)}`)([fd, address, size, offset], {
    exact: true,
    ...options,
  });

/** struct sigaction of the kernel: handler, flags (SA_RESTORER where there is one), restorer, mask. */
export function handleSignal(signal: number, handler: Address | number, restorer: Address | undefined): Op {
  const bytes = words(0, restorer ? 0x04000000 : 0, 0, 0);
  const pointers: { at: number; to: Argument }[] = [];
  if (handler) pointers.push({ at: 0, to: handler });
  if (restorer) pointers.push({ at: 16, to: restorer });
  return build('rt_sigaction', `setting what signal ${signal} does`)([signal, struct(bytes, pointers), 0, 8]);
}
export const unblockSignals = (): Op => build('rt_sigprocmask', 'unblocking signals')([2, new Uint8Array(8), 0, 8]); // SIG_SETMASK

/** Flags of seccomp(2), linux/seccomp.h. */
export const SECCOMP_FLAG = { log: 2, specAllow: 4 } as const;

/** Installs a classic BPF program (array of struct sock_filter) as a system call filter of this process. */
export function installFilter(program: Uint8Array, flags: number, label = 'installing the system call filter'): Op {
  const header = new Uint8Array(16);
  new DataView(header.buffer).setUint16(0, program.length / 8, true);
  return build('seccomp', label)([1, flags, struct(header, [{ at: 8, to: program }])]); // SECCOMP_SET_MODE_FILTER
}

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

/** Joins a new session keyring (keyctl(KEYCTL_JOIN_SESSION_KEYRING)). */
export const joinSessionKeyring = (name: string): Op =>
  build('keyctl', 'joining a session keyring')([1, name, 0, 0, 0], { optional: true });

/** Brings the loopback interface of a new network namespace up (netdevice(7): SIOCSIFFLAGS with IFF_UP). */
export function loopbackUp(): readonly Op[] {
  const socket = slot('socket');
  const request = new Uint8Array(40); // struct ifreq
  request.set(new TextEncoder().encode('lo'));
  new DataView(request.buffer).setUint16(16, 1, true); // IFF_UP
  const label = 'bringing the loopback interface up';
  return [
    build('socket', label)([2, 2 | OPEN.closeOnExec, 0], { store: socket }), // AF_INET, SOCK_DGRAM
    ioctl(socket, 0x8914, request, label),
    close(socket),
  ];
}
