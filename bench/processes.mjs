/**
 * Starts programs and waits for them without what Node's child_process adds to a measured time: posix_spawn(3) and wait4(2).
 * As a subreaper this process inherits the orphans of `create`, and can wait for a container's process as an engine does.
 */
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const spawn = libc.func(
  'int posix_spawn(_Out_ int *pid, const char *path, const void *actions, const void *attributes, const char **argv, const char **envp)',
);
const initActions = libc.func('int posix_spawn_file_actions_init(void *actions)');
const addDup = libc.func('int posix_spawn_file_actions_adddup2(void *actions, int from, int to)');
const wait4 = libc.func('int wait4(int pid, _Out_ int *status, int options, void *usage)');
const getrusage = libc.func('int getrusage(int who, void *usage)');
const prctl = libc.func('int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)');

/** PR_SET_CHILD_SUBREAPER, linux/prctl.h. */
const setSubreaper = 36;
// More than glibc's posix_spawn_file_actions_t has.
const actionsSize = 256;

if (prctl(setSubreaper, 1, 0, 0, 0) !== 0) throw new Error('prctl(PR_SET_CHILD_SUBREAPER) failed');

/** Standard input, output and error of a program that is started: all of them `fd`. */
export const actionsTo = (fd) => {
  const actions = Buffer.alloc(actionsSize);
  initActions(actions);
  for (const standard of [0, 1, 2]) addDup(actions, fd, standard);
  return actions;
};
// Containers inherit what `create` has: nothing that anybody reads.
const nowhere = actionsTo(openSync('/dev/null', 'r+'));
const environment = [...Object.entries(process.env).map(([name, value]) => `${name}=${value}`), null];

/** Waits for a child or an inherited orphan; its exit status, 128 + the signal that ended it, or undefined if there is none. */
export function wait(pid) {
  const status = [0];
  if (wait4(pid, status, 0, null) !== pid) return undefined;
  const signal = status[0] & 0x7f;
  return signal === 0 ? (status[0] >> 8) & 0xff : 128 + signal;
}

/** Milliseconds of processor time that the children of this process have taken that it has waited for, and theirs (getrusage(2)). */
export function processorTime() {
  const usage = Buffer.alloc(144); // struct rusage
  if (getrusage(-1, usage) !== 0) throw new Error('getrusage failed'); // RUSAGE_CHILDREN
  const milliseconds = (at) => Number(usage.readBigInt64LE(at)) * 1000 + Number(usage.readBigInt64LE(at + 8)) / 1000;
  return milliseconds(0) + milliseconds(16);
}

/** Starts a program by its absolute path; returns its process id. */
export function start(program, args, actions = nowhere) {
  const pid = [0];
  if (spawn(pid, program, actions, null, [program, ...args, null], environment) !== 0) throw new Error(`cannot start ${program}`);
  return pid[0];
}

/** Runs a program to its end, with its output in a file if one is given; returns its exit status. */
export function run(program, args, output) {
  if (output === undefined) return wait(start(program, args));
  const fd = openSync(output, 'a');
  try {
    return wait(start(program, args, actionsTo(fd)));
  } finally {
    closeSync(fd);
  }
}

/** Milliseconds that `work` takes. */
export function timed(work) {
  const before = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - before) / 1e6;
}
