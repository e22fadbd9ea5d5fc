/** Which settings the resources of a container come to on this machine, and in which of its directories each belongs; pure. */

import type { LinuxResources } from '../../oci/resources-types.ts';
import { type CgroupDirectory, type CgroupPlan, v1Directory, v2Directory } from './plan.ts';
import type { Placed, Setting } from './setting.ts';
import { blkioV1, cpuset, cpuV1, hugetlbV1, memoryV1, netClassV1, netPriorityV1, pids, rdma } from './settings-v1.ts';
import { cpuV2, hugetlbV2, ioV2, memoryV2, unified } from './settings-v2.ts';

interface Family {
  /** Name of the controller in version 1. */
  readonly v1: string;
  readonly v1Settings: (resources: LinuxResources) => Setting[];
  /** Name of the controller in version 2, where it has one. */
  readonly v2?: string;
  readonly v2Settings?: (resources: LinuxResources) => Setting[];
}

const families: readonly Family[] = [
  { v1: 'cpuset', v1Settings: cpuset, v2: 'cpuset', v2Settings: cpuset },
  { v1: 'memory', v1Settings: memoryV1, v2: 'memory', v2Settings: memoryV2 },
  { v1: 'cpu', v1Settings: cpuV1, v2: 'cpu', v2Settings: cpuV2 },
  { v1: 'pids', v1Settings: pids, v2: 'pids', v2Settings: pids },
  { v1: 'blkio', v1Settings: blkioV1, v2: 'io', v2Settings: ioV2 },
  { v1: 'hugetlb', v1Settings: hugetlbV1, v2: 'hugetlb', v2Settings: hugetlbV2 },
  { v1: 'rdma', v1Settings: rdma, v2: 'rdma', v2Settings: rdma },
  { v1: 'net_cls', v1Settings: netClassV1 },
  { v1: 'net_prio', v1Settings: netPriorityV1 },
];

/**
 * All settings in the order in which they are to be written. A controller is used where it is mounted: on a hybrid machine some are
 * found in version 1 and others in version 2.
 */
export function settingsOf(plan: CgroupPlan, resources: LinuxResources): readonly Placed[] {
  const modern = v2Directory(plan);
  const placed = families.flatMap((family) => {
    const old = v1Directory(plan, family.v1);
    // Without any version 1, what is lacking is a controller of version 2, whose name the message should have.
    const isModern = old === undefined && modern !== undefined && family.v2 !== undefined;
    const controller = (isModern && family.v2) || family.v1;
    const settings = ((isModern && family.v2Settings) || family.v1Settings)(resources);
    const place = isModern ? having(modern, controller) : old;
    return settings.map((setting): Placed => ({ setting, controller, place }));
  });
  return [
    ...placed,
    ...unified(resources).map(({ setting, controller }): Placed => {
      const place = having(modern, controller);
      const impossible = `cgroup v2 has no ${controller} controller on this machine`;
      return { setting: place || 'impossible' in setting ? setting : { what: setting.what, impossible }, controller, place };
    }),
  ];
}

/**
 * Controllers of version 2 to be passed on down to the cgroup: those with settings, and those whose figures engines show
 * (docker stats).
 */
export function controllersToEnable(plan: CgroupPlan, settings: readonly Placed[]): readonly string[] {
  const wanted = new Set(['cpu', 'io', 'memory', 'pids']);
  for (const { controller, place } of settings) if (place?.version === 2) wanted.add(controller);
  return (v2Directory(plan)?.controllers ?? []).filter((name) => wanted.has(name));
}

/** `cgroup.*` files belong to no controller and are always there. */
function having(directory: CgroupDirectory | undefined, controller: string): CgroupDirectory | undefined {
  return directory?.controllers.includes(controller) || controller === 'cgroup' ? directory : undefined;
}
