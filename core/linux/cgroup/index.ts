/**
 * Control groups (runtime-spec, config-linux.md, "Control groups"): version 1, version 2 and both at once, through cgroupfs. The order
 * of use: `planCgroup`, `requireUnused`, save the plan, `createCgroup`, let the process write to `entryOf`, ... `killCgroup`,
 * `removeCgroup`.
 */

export type { DeviceRule, LinuxResources } from '../../oci/resources-types.ts';
export { type CreateOptions, createCgroup, requireUnused, updateCgroup } from './create.ts';
export { freeze, isFrozen, thaw } from './freeze.ts';
export { type CgroupMount, detectHierarchy, type Hierarchy } from './hierarchy.ts';
export { memoryLimit, oomKills } from './memory.ts';
export { type CgroupDirectory, type CgroupEntry, type CgroupPlan, entryOf, planCgroup, type SystemdUnit } from './plan.ts';
export { killCgroup, processes } from './processes.ts';
export { removeCgroup } from './remove.ts';
