/** The processes of a container, as its cgroup knows them. */
import { statSync } from 'node:fs';
import { RunncError } from '../../errors.ts';
import { childrenOf } from './children.ts';
import { readControl, words, writeControl } from './control-file.ts';
import { eventually } from './eventually.ts';
import { type CgroupPlan, v1Directory } from './plan.ts';

/** Ids of all processes in the cgroup and below it, in the runtime's pid namespace. */
export function processes(plan: CgroupPlan): number[] {
  // All directories are asked: a process that was ended while joining is in some only.
  return [...new Set(plan.directories.flatMap(({ directory }) => processesIn(directory)))].sort((a, b) => a - b);
}

/** Ids of the processes in one directory and below it. */
export function processesIn(directory: string): readonly number[] {
  const own = words(readControl(`${directory}/cgroup.procs`) ?? '')
    .map(Number)
    // A process that this pid namespace does not see is listed as 0.
    .filter((pid) => pid > 0);
  // A directory has two links and one more for each below it, which saves listing some thirty files.
  const links = statSync(directory, { throwIfNoEntry: false })?.nlink ?? 0;
  return links > 2 ? [...own, ...childrenOf(directory).flatMap(processesIn)] : own;
}

/** Ends all processes of the cgroup with SIGKILL and waits until they have left it. */
export async function killCgroup(plan: CgroupPlan, patience = 5000): Promise<void> {
  // cgroup.kill (Linux 5.14) reaches everything at once, forks under way included. Without it the rounds below do.
  for (const { version, directory } of plan.directories) if (version === 2) tryWrite(`${directory}/cgroup.kill`, '1');
  const freezer = v1Directory(plan, 'freezer');
  let round = 0;
  const empty = await eventually(() => {
    const left = processes(plan);
    if (left.length === 0) return true;
    // What forks faster than it is killed is stopped first; not in the first round, which nearly always suffices.
    if (freezer && round++ > 0) tryWrite(`${freezer.directory}/freezer.state`, 'FROZEN');
    for (const pid of left) tryKill(pid);
    // In version 1 a frozen process does not die before it is thawed (cgroup-v1/freezer-subsystem.rst).
    if (freezer) tryWrite(`${freezer.directory}/freezer.state`, 'THAWED');
    return false;
  }, patience);
  if (!empty) {
    throw new RunncError(
      'ERR_CGROUP',
      `killing the processes of container ${plan.id}: ${processes(plan).join(', ')} did not end`,
    );
  }
}

function tryWrite(file: string, value: string): void {
  try {
    writeControl(file, value);
  } catch {
    // The kernel may not have the file, or the cgroup may be gone: whether processes are left decides.
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ESRCH: it is gone already. Anything else shows in that it stays.
  }
}
