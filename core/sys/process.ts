/** Processes: starting an image, waiting, and telling one process from another that got its number. */
import { closeSync, readFileSync } from 'node:fs';
import { type Libc, type LibcName, libc, sysError } from './libc.ts';
import { readableWithin } from './poll.ts';

/** Descriptors of a new process: its number there, and the descriptor here. */
export type DescriptorMap = readonly (readonly [there: number, here: number])[];

const F_DUPFD_CLOEXEC = 1030; // linux/fcntl.h
const SYS_PIDFD_OPEN = 434; // Linux 5.3, the same on every architecture (asm-generic/unistd.h)
// glibc's posix_spawn_file_actions_t is 80 bytes on 64-bit machines (bits/types or spawn.h); room to spare.
const fileActionsSize = 256;

type Spawn = [image: number | string, argv: readonly string[], descriptors: DescriptorMap, environment?: readonly string[]];

/**
 * Starts an executable, a descriptor (posix_spawn(3) of /proc/self/fd/FD, which cannot be a script) or a path, with exactly
 * these descriptors made inheritable; what else is inheritable here is inherited too. The environment, `NAME=value` each, is
 * empty unless given. Returns the process id.
 */
export async function spawnImage(...what: Spawn): Promise<number> {
  return spawnWith(await libc(), ...what);
}

/** The same where nothing may be waited for. */
export function spawnWith({ call, raw }: Libc, ...[image, argv, descriptors, environment = []]: Spawn): number {
  const taken = new Set(descriptors.map(([there]) => there));
  const copies: number[] = [];
  // The descriptors are placed one after the other: what lies where another one goes would be lost before its turn.
  const outOfTheWay = (here: number) => {
    if (!taken.has(here)) return here;
    const copy = call('moving a descriptor out of the way', 'fcntl', here, F_DUPFD_CLOEXEC, 'int', Math.max(...taken) + 1);
    copies.push(copy);
    return copy;
  };
  const actions = Buffer.alloc(fileActionsSize);
  raw('posix_spawn_file_actions_init', actions);
  try {
    // Unlike others, these calls answer an errno.
    const check = (name: LibcName, ...args: readonly unknown[]) => {
      const { result } = raw(name, ...args);
      if (result !== 0) throw sysError(name, result, `starting ${argv[0]}`);
    };
    for (const [there, here] of descriptors)
      check('posix_spawn_file_actions_adddup2', actions, here === there ? here : outOfTheWay(here), there);
    const pid = [0];
    const path = typeof image === 'string' ? image : `/proc/self/fd/${outOfTheWay(image)}`;
    check('posix_spawn', pid, path, actions, null, [...argv, null], [...environment, null]);
    return pid[0] as number;
  } finally {
    for (const copy of copies) closeSync(copy);
    call('freeing file actions', 'posix_spawn_file_actions_destroy', actions);
  }
}

/** How a process ended: its exit status, or 128 + the signal that killed it. */
export function exitStatus(status: number): number {
  const signal = status & 0x7f; // WTERMSIG, bits/waitstatus.h
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}

/** Of a child that was waited for on this thread: its exit status as a shell would tell it; undefined when it went on for longer. */
export function waitAtMost(calls: Libc, pid: number, milliseconds: number): number | undefined {
  const { call } = calls;
  const ended = call(`looking at process ${pid}`, 'syscall', SYS_PIDFD_OPEN, 'int', pid, 'unsigned int', 0);
  try {
    if (!readableWithin(calls, `waiting for process ${pid}`, ended, milliseconds)) return undefined;
  } finally {
    closeSync(ended);
  }
  const status = [0];
  call(`waiting for process ${pid}`, 'wait4', pid, status, 0, null);
  return exitStatus(status[0] as number);
}

/** How long nothing else happens meanwhile, in milliseconds: another thread takes a while to be had, and many a child ends soon. */
const soon = 20;

/** Waits for a child to end; returns its exit status as a shell would. */
export async function waitFor(pid: number): Promise<number> {
  const calls = await libc();
  const early = waitAtMost(calls, pid, soon);
  if (early !== undefined) return early;
  const status = [0];
  await calls.async(`waiting for process ${pid}`, 'wait4', pid, status, 0, null);
  return exitStatus(status[0] as number);
}

/** Waits for a child that is known to end at once, without giving way to anything else. */
export async function reap(pid: number): Promise<void> {
  (await libc()).raw('wait4', pid, [0], 0, null);
}

/** A process that cannot be confused with a later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks from boot to its start. */
  readonly startTime: number;
}

/** What /proc/PID/stat says, or undefined if there is no such process (proc_pid_stat(5)). */
export function processStat(pid: number): { readonly state: string; readonly startTime: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    // No such process, or it ended while the file was read (ESRCH).
    return undefined;
  }
  // The name in parentheses may hold blanks and parentheses; the fields go on after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '?', startTime: Number(fields[19]) };
}

/** Whether the process is there and not merely waiting to be reaped. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  const stat = processStat(pid);
  return stat !== undefined && stat.startTime === startTime && stat.state !== 'Z' && stat.state !== 'X';
}
