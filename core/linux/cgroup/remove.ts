/** Removing a container's cgroup. */
import { rmdirSync } from 'node:fs';
import { RunncError } from '../../errors.ts';
import { childrenOf } from './children.ts';
import { errnoName, reason } from './control-file.ts';
import { eventually } from './eventually.ts';
import type { CgroupPlan } from './plan.ts';
import { processesIn } from './processes.ts';

/**
 * Removes the cgroup with all that is nested in it; one that is not there is fine. The kernel refuses while a process is still on its
 * way out, so it is tried for a while. Directories above stay: they may be anybody's.
 */
export async function removeCgroup(plan: CgroupPlan, patience = 5000): Promise<void> {
  const failures = new Map<string, unknown>();
  const attempt = ({ directory }: { readonly directory: string }) => {
    try {
      return tryRemove(directory);
    } catch (error) {
      // One that cannot be removed at all must not keep the others from being removed.
      failures.set(directory, error);
      return true;
    }
  };
  let left = plan.directories;
  const gone = await eventually(() => {
    left = left.filter((place) => !attempt(place));
    return left.length === 0;
  }, patience);
  const [failure] = failures;
  if (failure) {
    const [directory, error] = failure;
    throw new RunncError('ERR_CGROUP', `removing cgroup ${directory} of container ${plan.id}: ${reason(error)}`, {
      cause: error,
    });
  }
  const [busy] = left;
  if (!gone && busy) {
    const pids = processesIn(busy.directory).join(', ');
    throw new RunncError(
      'ERR_CGROUP',
      `removing cgroup ${busy.directory} of container ${plan.id}: it is still in use${pids && ` by process ${pids}`}`,
    );
  }
}

/** Removes a cgroup and those below it; false while the kernel has use for one of them. */
export function tryRemove(directory: string): boolean {
  if (tryRmdir(directory)) return true;
  for (const child of childrenOf(directory)) tryRemove(child);
  return tryRmdir(directory);
}

function tryRmdir(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return true;
    if (['EBUSY', 'ENOTEMPTY'].includes(errnoName(error))) return false;
    throw error;
  }
}
