/** Resources as values for the files of cgroup v1 (Documentation/admin-guide/cgroup-v1/*.rst); pure. */
import type { LinuxResources, ThrottleDevice } from '../../oci/resources-types.ts';
import type { Setting } from './setting.ts';

/** memory.rst. Kernel memory has no limits of its own any more (Linux 5.16) and is left alone. */
export function memoryV1({ memory }: LinuxResources): Setting[] {
  if (!memory) return [];
  const { limit, reservation, swap, swappiness, disableOOMKiller } = memory;
  const settings: Setting[] = [];
  if (limit) settings.push({ what: 'memory limit', file: 'memory.limit_in_bytes', value: String(limit) });
  if (swap) {
    settings.push({
      what: 'memory and swap limit',
      file: 'memory.memsw.limit_in_bytes',
      value: String(swap),
      optional: swap < 0,
    });
  } else if (limit && limit < 0) {
    // The sum has to be without limit too, or the kernel refuses the first.
    settings.push({ what: 'memory and swap limit', file: 'memory.memsw.limit_in_bytes', value: '-1', optional: true });
  }
  if (reservation) settings.push({ what: 'memory reservation', file: 'memory.soft_limit_in_bytes', value: String(reservation) });
  if (disableOOMKiller) settings.push({ what: 'memory.disableOOMKiller', file: 'memory.oom_control', value: '1' });
  // Engines write "not set" as -1 and, through an unsigned number, as 2^64 - 1.
  if (swappiness !== undefined && swappiness >= 0 && swappiness <= Number.MAX_SAFE_INTEGER) {
    settings.push(
      swappiness <= 100
        ? { what: 'memory swappiness', file: 'memory.swappiness', value: String(swappiness) }
        : { what: 'memory swappiness', impossible: `${swappiness} is not in the range of 0 to 100` },
    );
  }
  return settings;
}

/** sched-bwc.rst, sched-design-CFS.rst, sched-rt-group.rst. */
export function cpuV1({ cpu }: LinuxResources): Setting[] {
  if (!cpu) return [];
  const { shares, quota, period, burst, realtimePeriod, realtimeRuntime, idle } = cpu;
  const settings: Setting[] = [];
  if (shares) {
    // The kernel would quietly take the nearest possible value.
    settings.push(
      shares >= 2 && shares <= 262144
        ? { what: 'CPU shares', file: 'cpu.shares', value: String(shares) }
        : { what: 'CPU shares', impossible: `${shares} is not in the range of 2 to 262144` },
    );
  }
  if (period) settings.push({ what: 'CPU period', file: 'cpu.cfs_period_us', value: String(period) });
  if (quota) settings.push({ what: 'CPU quota', file: 'cpu.cfs_quota_us', value: String(quota) });
  if (burst !== undefined)
    settings.push({ what: 'CPU burst', file: 'cpu.cfs_burst_us', value: String(burst), optional: burst === 0 });
  if (idle !== undefined) settings.push({ what: 'CPU idle', file: 'cpu.idle', value: String(idle), optional: idle === 0 });
  if (realtimePeriod) settings.push({ what: 'CPU realtime period', file: 'cpu.rt_period_us', value: String(realtimePeriod) });
  if (realtimeRuntime) settings.push({ what: 'CPU realtime runtime', file: 'cpu.rt_runtime_us', value: String(realtimeRuntime) });
  return settings;
}

/** cpusets.rst; the same files in version 2. */
export function cpuset({ cpu }: LinuxResources): Setting[] {
  const settings: Setting[] = [];
  if (cpu?.cpus) settings.push({ what: 'CPUs', file: 'cpuset.cpus', value: cpu.cpus });
  if (cpu?.mems) settings.push({ what: 'memory nodes', file: 'cpuset.mems', value: cpu.mems });
  return settings;
}

/** pids.rst; the same file in version 2. */
export function pids({ pids }: LinuxResources): Setting[] {
  const limit = pids?.limit;
  if (limit === undefined) return [];
  // 0 forbids further processes, as 1 does, but also that the first one is born in the cgroup.
  return [{ what: 'pids limit', file: 'pids.max', value: limit < 0 ? 'max' : String(Math.max(limit, 1)) }];
}

/** blkio-controller.rst. Weights are those of the BFQ scheduler since CFQ went with Linux 5.0. */
export function blkioV1({ blockIO }: LinuxResources): Setting[] {
  if (!blockIO) return [];
  const { weight, leafWeight, weightDevice = [] } = blockIO;
  const settings: Setting[] = [];
  const weigh = (what: string, file: string, value: string) =>
    settings.push({ what, file: `blkio.${file}`, value, otherwise: { file: `blkio.bfq.${file}`, value } });
  if (weight) weigh('block IO weight', 'weight', String(weight));
  if (leafWeight) settings.push({ what: 'block IO leaf weight', file: 'blkio.leaf_weight', value: String(leafWeight) });
  for (const { major, minor, weight, leafWeight } of weightDevice) {
    const device = `${major}:${minor}`;
    if (weight) weigh(`block IO weight of device ${device}`, 'weight_device', `${device} ${weight}`);
    if (leafWeight) {
      settings.push({
        what: `block IO leaf weight of device ${device}`,
        file: 'blkio.leaf_weight_device',
        value: `${device} ${leafWeight}`,
      });
    }
  }
  const throttle = (throttles: readonly ThrottleDevice[] | undefined, name: string) => {
    for (const { major, minor, rate } of throttles ?? []) {
      settings.push({
        what: `block IO ${name} of device ${major}:${minor}`,
        file: `blkio.throttle.${name}_device`,
        value: `${major}:${minor} ${rate}`,
      });
    }
  };
  throttle(blockIO.throttleReadBpsDevice, 'read_bps');
  throttle(blockIO.throttleWriteBpsDevice, 'write_bps');
  throttle(blockIO.throttleReadIOPSDevice, 'read_iops');
  throttle(blockIO.throttleWriteIOPSDevice, 'write_iops');
  return settings;
}

/** hugetlb.rst: the limit at page fault, and at reservation where the kernel has it (5.7). */
export function hugetlbV1(resources: LinuxResources): Setting[] {
  return hugePages(resources, 'limit_in_bytes');
}

/** The limits of huge pages, whose files differ between the versions by their ending. */
export function hugePages({ hugepageLimits = [] }: LinuxResources, ending: string): Setting[] {
  return hugepageLimits.flatMap(({ pageSize, limit }): Setting[] => {
    const what = `limit of ${pageSize} pages`;
    if (!/^[1-9][0-9]*[KMG]B$/.test(pageSize)) return [{ what, impossible: 'a page size reads like 64KB, 2MB or 1GB' }];
    return [
      { what, file: `hugetlb.${pageSize}.${ending}`, value: String(limit) },
      { what, file: `hugetlb.${pageSize}.rsvd.${ending}`, value: String(limit), optional: true },
    ];
  });
}

/** rdma.rst; the same file in version 2. */
export function rdma({ rdma = {} }: LinuxResources): Setting[] {
  return Object.entries(rdma).map(([device, { hcaHandles, hcaObjects }]) => {
    const handles = hcaHandles === undefined ? '' : ` hca_handle=${hcaHandles}`;
    const objects = hcaObjects === undefined ? '' : ` hca_object=${hcaObjects}`;
    return { what: `RDMA limit of ${device}`, file: 'rdma.max', value: `${device}${handles}${objects}` };
  });
}

/** net_cls.rst. */
export function netClassV1({ network }: LinuxResources): Setting[] {
  return network?.classID ? [{ what: 'network class', file: 'net_cls.classid', value: String(network.classID) }] : [];
}

/** net_prio.rst. */
export function netPriorityV1({ network }: LinuxResources): Setting[] {
  return (network?.priorities ?? []).map(({ name, priority }) => ({
    what: `network priority of ${name}`,
    file: 'net_prio.ifpriomap',
    value: `${name} ${priority}`,
  }));
}
