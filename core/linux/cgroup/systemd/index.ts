/**
 * The systemd cgroup driver: systemd makes the container's cgroup as that of a scope, which is limited, joined and emptied through
 * cgroupfs as every other. Loaded for containers with such a cgroup only. The order of use: `planUnit`, `requireNoUnit`, save the
 * plan, `beginScope`, `ready`, `createCgroup`, let the process join, `joined`, ... `killCgroup`, `stopUnit`, `removeCgroup`.
 */
import type { DeviceRule, LinuxResources } from '../../../oci/resources-types.ts';
import { createCgroup } from '../create.ts';
import { defaultDevices } from '../devices.ts';
import type { CgroupPlan, SystemdUnit } from '../plan.ts';
import { applySettings } from '../setting.ts';
import { settingsOf } from '../settings.ts';
import { propertiesOf } from './annotations.ts';
import { devicesOf, inWholePercent, limitsOf } from './properties.ts';
import { startScope } from './scope.ts';

export { planUnit } from './plan.ts';
export { requireNoUnit, stopUnit, updateUnit } from './unit.ts';

export interface ScopeOptions {
  readonly resources: LinuxResources;
  /** Of the container: some set properties. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Allowed besides the bundle's rules and the default devices. */
  readonly devices: readonly DeviceRule[];
}

export interface Scope {
  /** Waits for systemd and sets all limits, but for a process more than are allowed: the holder is one. */
  ready(): Promise<void>;
  /** The container's first process is in it: takes the holder out. */
  joined(): Promise<void>;
  /** Takes the holder out, whether anybody else is in it or not. */
  end(): Promise<void>;
}

/** @throws RunncError ERR_CGROUP */
export async function beginScope(
  plan: CgroupPlan,
  unit: SystemdUnit,
  { resources: asked, annotations, devices }: ScopeOptions,
): Promise<Scope> {
  const resources = inWholePercent(asked);
  const holder = await startScope(plan, unit, [
    ...limitsOf(plan, resources),
    ...devicesOf(plan, [...(resources.devices ?? []), ...defaultDevices, ...devices]),
    ...propertiesOf(annotations),
  ]);
  const { limit: told = -1 } = resources.pids ?? {};
  // 0 is 1 for the control file.
  const limit = told < 0 ? undefined : Math.max(told, 1);
  return {
    async ready() {
      await holder.ready();
      await createCgroup(plan, limit === undefined ? resources : { ...resources, pids: { limit: limit + 1 } }, { devices });
    },
    async joined() {
      await holder.end();
      if (limit !== undefined) applySettings(plan, settingsOf(plan, { pids: { limit } }));
    },
    end: () => holder.end(),
  };
}
