/** The cgroup of a container that is being created, by whichever driver its plan names. */
import { type CgroupPlan, createCgroup, type DeviceRule } from '../linux/cgroup/index.ts';
import type { Bundle } from '../oci/bundle.ts';

export interface BegunCgroup {
  /** Returns when it is there with all its limits, to be joined. */
  ready(): Promise<void>;
  /** The container's first process is in it. */
  joined(): Promise<void>;
  /** Call it at the end, whatever has come of it: nothing of the runtime's own stays in the cgroup. */
  end(): Promise<void>;
}

/** Has it begun: systemd makes a scope while its caller does something else. */
export async function beginCgroup(plan: CgroupPlan, { spec }: Bundle, devices: readonly DeviceRule[]): Promise<BegunCgroup> {
  const { resources = {} } = spec.linux ?? {};
  if (plan.unit) {
    const { beginScope } = await import('../linux/cgroup/systemd/index.ts');
    return beginScope(plan, plan.unit, { resources, annotations: spec.annotations ?? {}, devices });
  }
  const nothing = async () => undefined;
  return { ready: () => createCgroup(plan, resources, { devices }), joined: nothing, end: nothing };
}
