/** What the memory controller says of a container. */
import { readControl } from './control-file.ts';
import { type CgroupDirectory, type CgroupPlan, pathDown, v1Directory, v2Directory } from './plan.ts';

/**
 * The memory limit in force, in bytes: the least of the cgroup's own and those of all cgroups above it, such as a pod's. Undefined where
 * there is none. The cgroup need not exist yet: then the limits above it are told.
 */
export function memoryLimit(plan: CgroupPlan): number | undefined {
  const place = memoryPlace(plan);
  if (!place) return undefined;
  const file = place.version === 1 ? 'memory.limit_in_bytes' : 'memory.max';
  return leastLimit(pathDown(place).map((directory) => readControl(`${directory}/${file}`)));
}

/** How many processes of the cgroup the kernel has killed for want of memory. */
export function oomKills(plan: CgroupPlan): number {
  const place = memoryPlace(plan);
  if (!place) return 0;
  const file = place.version === 1 ? 'memory.oom_control' : 'memory.events';
  return parseOomKills(readControl(`${place.directory}/${file}`) ?? '');
}

/** Without a limit version 1 says PAGE_COUNTER_MAX, the greatest signed number that is a multiple of the page size, and version 2 `max`. */
export function leastLimit(limits: readonly (string | undefined)[]): number | undefined {
  const set = limits.map((limit) => Number.parseInt(limit ?? '', 10)).filter((limit) => limit < noLimitV1);
  return set.length > 0 ? Math.min(...set) : undefined;
}

/** 2^63 less the largest page that Linux uses (64 KiB); nobody limits to nearly as much. */
const noLimitV1 = Number(2n ** 63n - 65536n);

/** Of lines `KEY NUMBER`, that of `oom_kill`. */
export function parseOomKills(text: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}

function memoryPlace(plan: CgroupPlan): CgroupDirectory | undefined {
  return v1Directory(plan, 'memory') ?? v2Directory(plan);
}
