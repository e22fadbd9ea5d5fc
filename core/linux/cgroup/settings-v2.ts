/** Resources as values for the files of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst); pure. */

import type { LinuxResources, ThrottleDevice } from '../../oci/resources-types.ts';
import { blkioToIoWeight, sharesToWeight, swapMax, toMax } from './conversion.ts';
import type { Setting } from './setting.ts';
import { hugePages } from './settings-v1.ts';

/** "Memory". What version 2 has no counterpart of is refused, as the specification demands ("Unified"). */
export function memoryV2({ memory }: LinuxResources): Setting[] {
  if (!memory) return [];
  const { limit = 0, reservation = 0, swap = 0, swappiness, disableOOMKiller } = memory;
  const settings: Setting[] = [];
  const swapSetting = swapMax(swap, limit);
  if (swapSetting) {
    const what = 'swap limit';
    // A kernel without swap accounting does not swap either, or cannot be told not to limit it.
    const optional = 'value' in swapSetting && ['0', 'max'].includes(swapSetting.value);
    settings.push(
      'value' in swapSetting ? { what, file: 'memory.swap.max', ...swapSetting, optional } : { what, ...swapSetting },
    );
  }
  if (limit !== 0) settings.push({ what: 'memory limit', file: 'memory.max', value: toMax(limit) });
  if (reservation !== 0) settings.push({ what: 'memory reservation', file: 'memory.low', value: toMax(reservation) });
  if (disableOOMKiller) settings.push({ what: 'memory.disableOOMKiller', impossible: 'cgroup v2 has no such switch' });
  if (swappiness !== undefined && swappiness >= 0 && swappiness <= Number.MAX_SAFE_INTEGER) {
    settings.push({ what: 'memory swappiness', impossible: 'cgroup v2 has no swappiness' });
  }
  return settings;
}

/** "CPU". */
export function cpuV2({ cpu }: LinuxResources): Setting[] {
  if (!cpu) return [];
  const { shares, quota, period, burst, realtimePeriod, realtimeRuntime, idle } = cpu;
  const settings: Setting[] = [];
  if (idle !== undefined) settings.push({ what: 'CPU idle', file: 'cpu.idle', value: String(idle), optional: idle === 0 });
  // An idle cgroup has a fixed weight and refuses another.
  if (shares && idle !== 1) settings.push({ what: 'CPU shares', file: 'cpu.weight', value: String(sharesToWeight(shares)) });
  if (quota) {
    settings.push({ what: 'CPU quota', file: 'cpu.max', value: period ? `${toMax(quota)} ${period}` : toMax(quota) });
  } else if (period) {
    // The file wants the quota first, so the one in force is said again.
    settings.push({ what: 'CPU period', file: 'cpu.max', value: (now) => `${now.split(' ')[0] || 'max'} ${period}` });
  }
  if (burst !== undefined)
    settings.push({ what: 'CPU burst', file: 'cpu.max.burst', value: String(burst), optional: burst === 0 });
  if (realtimePeriod || realtimeRuntime) settings.push({ what: 'CPU realtime limits', impossible: 'cgroup v2 has none' });
  return settings;
}

/** "IO". */
export function ioV2({ blockIO }: LinuxResources): Setting[] {
  if (!blockIO) return [];
  const { weight, leafWeight, weightDevice = [] } = blockIO;
  const settings: Setting[] = [];
  // The BFQ scheduler takes the old scale; without it, io.weight has another.
  const weigh = (what: string, device: string, weight: number) =>
    settings.push({
      what,
      file: 'io.bfq.weight',
      value: `${device} ${weight}`,
      otherwise: { file: 'io.weight', value: `${device} ${blkioToIoWeight(weight)}` },
    });
  if (weight) weigh('block IO weight', 'default', weight);
  for (const { major, minor, weight } of weightDevice) {
    if (weight) weigh(`block IO weight of device ${major}:${minor}`, `${major}:${minor}`, weight);
  }
  if (leafWeight || weightDevice.some(({ leafWeight }) => leafWeight)) {
    settings.push({ what: 'block IO leaf weight', impossible: 'cgroup v2 has none' });
  }
  const throttle = (throttles: readonly ThrottleDevice[] | undefined, key: string) => {
    for (const { major, minor, rate } of throttles ?? []) {
      settings.push({
        what: `block IO ${key} of device ${major}:${minor}`,
        file: 'io.max',
        value: `${major}:${minor} ${key}=${rate}`,
      });
    }
  };
  throttle(blockIO.throttleReadBpsDevice, 'rbps');
  throttle(blockIO.throttleWriteBpsDevice, 'wbps');
  throttle(blockIO.throttleReadIOPSDevice, 'riops');
  throttle(blockIO.throttleWriteIOPSDevice, 'wiops');
  return settings;
}

/** "HugeTLB". */
export function hugetlbV2(resources: LinuxResources): Setting[] {
  return hugePages(resources, 'max');
}

/** The map `unified` of the specification: each key is a file, each line of its value one write. */
export function unified({ unified = {} }: LinuxResources): Owned[] {
  return Object.entries(unified).flatMap(([file, text]): Owned[] => {
    const controller = file.split('.')[0] ?? '';
    const what = `unified resource ${file}`;
    if (!/^[a-z_]+\.[^/]+$/.test(file)) return [{ controller, setting: { what, impossible: 'a name reads CONTROLLER.FILE' } }];
    return text.split('\n').map((value) => ({ controller, setting: { what, file, value } }));
  });
}

interface Owned {
  readonly controller: string;
  readonly setting: Setting;
}
