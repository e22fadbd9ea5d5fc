/** Stopping all processes of a container and letting them go on (cgroup-v1/freezer-subsystem.rst; cgroup-v2.rst, "cgroup.freeze"). */
import { RunncError } from '../../errors.ts';
import { readControl, reason, writeControl } from './control-file.ts';
import { eventually } from './eventually.ts';
import { type CgroupDirectory, type CgroupPlan, v1Directory, v2Directory } from './plan.ts';

/** Stops all processes, and returns when they have stopped. */
export async function freeze(plan: CgroupPlan, patience = 5000): Promise<void> {
  const place = freezerOf(plan);
  const frozen = await eventually(() => {
    // Version 1 wants to be told again as long as it says FREEZING, since processes may have been added in the meantime.
    request(plan, place, true);
    return isFrozen(plan);
  }, patience);
  if (frozen) return;
  // Half stopped is worse than running.
  request(plan, place, false);
  throw new RunncError('ERR_CGROUP', `pausing container ${plan.id}: not all of its processes stopped within ${patience} ms`);
}

/** Lets all processes go on. */
export async function thaw(plan: CgroupPlan, patience = 5000): Promise<void> {
  request(plan, freezerOf(plan), false);
  if (await eventually(() => !isFrozen(plan), patience)) return;
  throw new RunncError('ERR_CGROUP', `resuming container ${plan.id}: its processes do not go on`, {
    hint: 'a cgroup above it may be frozen',
  });
}

/** Whether all processes of the cgroup are stopped. A cgroup that is gone is not frozen. */
export function isFrozen(plan: CgroupPlan): boolean {
  const { version, directory } = freezerOf(plan);
  if (version === 1) return readControl(`${directory}/freezer.state`) === 'FROZEN';
  return (readControl(`${directory}/cgroup.events`) ?? '').split('\n').includes('frozen 1');
}

function freezerOf(plan: CgroupPlan): CgroupDirectory {
  const place = v1Directory(plan, 'freezer') ?? v2Directory(plan);
  if (place) return place;
  throw new RunncError('ERR_CGROUP', `pausing container ${plan.id}: there is no freezer on this machine`);
}

function request(plan: CgroupPlan, { version, directory }: CgroupDirectory, frozen: boolean): void {
  const [file, value] = version === 1 ? ['freezer.state', frozen ? 'FROZEN' : 'THAWED'] : ['cgroup.freeze', frozen ? '1' : '0'];
  try {
    writeControl(`${directory}/${file}`, value);
  } catch (cause) {
    const what = `${frozen ? 'pausing' : 'resuming'} container ${plan.id}`;
    throw new RunncError('ERR_CGROUP', `${what}: writing ${value} to ${directory}/${file}: ${reason(cause)}`, { cause });
  }
}
