/** A container's unit once it is there: new limits, and its end. */
import { RunncError } from '../../../errors.ts';
import type { LinuxResources } from '../../../oci/resources-types.ts';
import { updateCgroup } from '../create.ts';
import { eventually } from '../eventually.ts';
import type { CgroupPlan, SystemdUnit } from '../plan.ts';
import { forgetFailed, isLoaded, systemctl, systemdProgram, unknownProperty } from './programs.ts';
import { inWholePercent, limitsOf, type Property } from './properties.ts';

/** systemd drops an empty scope by itself, within so many milliseconds as a rule. */
const usual = 300;

/**
 * Refuses a name that systemd has a unit of, unless that one has failed and can be forgotten; and a machine without systemd. To be called before the plan is
 * saved: what is another's is not to be stopped by us.
 */
export async function requireNoUnit({ id, unit }: CgroupPlan): Promise<void> {
  systemdProgram('systemd-run');
  if (!unit || !isLoaded(unit.name)) return;
  if ((await eventually(() => !isLoaded(unit.name), usual)) || (await forgetFailed(unit.name))) return;
  throw new RunncError('ERR_CGROUP', `systemd has a unit ${unit.name} already, and container ${id} asks for another one`, {
    hint: `each container needs a name of its own in its cgroupsPath; see systemctl status ${unit.name}`,
  });
}

/** Waits until systemd has dropped the unit, whose processes have ended, and asks it to when it does not. Safe to repeat. */
export async function stopUnit({ name }: SystemdUnit): Promise<void> {
  if (!isLoaded(name) || (await eventually(() => !isLoaded(name), usual))) return;
  // It may be dropped this moment: whether it is there afterwards decides.
  const failure = await systemctl(['stop', name]).catch((error: Error) => error);
  if (!isLoaded(name) || (await forgetFailed(name))) return;
  throw new RunncError('ERR_CGROUP', `systemd keeps the unit ${name}${failure ? `: ${failure.message}` : ''}`);
}

/** Sets new limits, in the control files and in the unit. */
export async function updateUnit(plan: CgroupPlan, unit: SystemdUnit, resources: LinuxResources): Promise<void> {
  const rounded = inWholePercent(resources);
  updateCgroup(plan, rounded);
  let properties: readonly Property[] = limitsOf(plan, rounded);
  while (properties.length > 0) {
    try {
      return await systemctl(['set-property', '--runtime', unit.name, ...properties]);
    } catch (error) {
      const left = withoutUnknown(properties, (error as Error).message);
      if (!left) throw error;
      properties = left;
    }
  }
}

/** The properties without the one that systemd does not know; undefined when that is not what was said. */
export function withoutUnknown(properties: readonly Property[], said: string): readonly Property[] | undefined {
  const unknown = unknownProperty(said);
  const left = properties.filter((property) => !property.startsWith(`${unknown}=`));
  return left.length < properties.length ? left : undefined;
}
