/** Processes, namespaces, limits and signals. */
import type { Address, Argument, Op, Slot } from '../../plugin.ts';
import { AT_EMPTY_PATH } from './files.ts';
import { addressOf, build, mutable, type OpOptions, struct, words } from './op.ts';

export const SIGCHLD = 17; // asm/signal.h

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

/** Sets a limit of the calling process; `resource` as in asm-generic/resource.h. */
export const prlimit = (resource: number, soft: bigint, hard: bigint, name: string): Op =>
  build('prlimit64', `setting the limit ${name}`)([0, resource, words(soft, hard), 0]);

export const prctl = (option: number, a: Argument = 0, b: Argument = 0, options: OpOptions = {}): Op =>
  build('prctl', `prctl ${option}`)([option, a, b, 0, 0], options);

export const setName = (name: string): Op => prctl(15, name, 0, { label: 'naming the process' }); // PR_SET_NAME

/** Replaces the process by the file that a descriptor names (execveat with AT_EMPTY_PATH). */
export function execDescriptor(fd: number, argv: readonly string[]): Op {
  const vector = new Uint8Array((argv.length + 1) * 8);
  const arguments_ = struct(
    vector,
    argv.map((argument, index) => ({ at: index * 8, to: argument })),
  );
  return build('execveat', 'starting the tender')([fd, '', arguments_, new Uint8Array(8), AT_EMPTY_PATH]);
}

/** struct sigaction of the kernel: handler, flags (SA_RESTORER where there is one), restorer, mask. */
export function handleSignal(signal: number, handler: Address | number, restorer: Address | undefined): Op {
  const bytes = words(0, restorer ? 0x04000000 : 0, 0, 0);
  const pointers: { at: number; to: Argument }[] = [];
  if (handler) pointers.push({ at: 0, to: handler });
  if (restorer) pointers.push({ at: 16, to: restorer });
  return build('rt_sigaction', `setting what signal ${signal} does`)([signal, struct(bytes, pointers), 0, 8]);
}

export const unblockSignals = (): Op => build('rt_sigprocmask', 'unblocking signals')([2, new Uint8Array(8), 0, 8]); // SIG_SETMASK

/** Joins a new session keyring (keyctl(KEYCTL_JOIN_SESSION_KEYRING)). */
export const joinSessionKeyring = (name: string): Op =>
  build('keyctl', 'joining a session keyring')([1, name, 0, 0, 0], { optional: true });
