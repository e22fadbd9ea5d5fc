/**
 * Limits as properties of a unit (systemd.resource-control(5)), as systemd-run(1) and systemctl(1) take them. The limits are in the
 * control files anyway: the unit has them, too, because systemd writes the files anew when it sees fit (daemon-reload,
 * set-property), and shows them. Pure, but for /proc/devices.
 */
import { readFileSync } from 'node:fs';
import type { DeviceRule, LinuxResources } from '../../../oci/resources-types.ts';
import { blkioToIoWeight, sharesToWeight, swapMax } from '../conversion.ts';
import { completeRules, type DeviceMatch, deviceWrites } from '../devices.ts';
import { type CgroupPlan, v1Directory } from '../plan.ts';

/** `NAME=VALUE` */
export type Property = string;

/** Microseconds: the kernel's own period, and systemd's (CPUQuotaPeriodSec=). */
const usualPeriod = 100_000;

/**
 * The resources with a CPU quota in whole percent, rounded up: systemd keeps no finer one, and would write its own into the file
 * that we have written ours to.
 */
export function inWholePercent(resources: LinuxResources): LinuxResources {
  const { quota, period } = resources.cpu ?? {};
  if (!quota || quota < 0) return resources;
  const percent = Math.ceil((quota * 100) / (period || usualPeriod));
  return { ...resources, cpu: { ...resources.cpu, quota: Math.ceil((percent * (period || usualPeriod)) / 100) } };
}

/** What is limited, and nothing else: the same for a new unit and for one whose limits change. */
export function limitsOf(plan: CgroupPlan, resources: LinuxResources): readonly Property[] {
  const isOld = (controller: string) => v1Directory(plan, controller) !== undefined;
  const { memory, cpu, pids, blockIO, unified = {} } = resources;
  const limits: Property[] = [];
  const add = (name: string, value: number | string | undefined) => {
    if (value !== undefined && value !== 0 && value !== '') limits.push(`${name}=${amount(value)}`);
  };
  add(isOld('memory') ? 'MemoryLimit' : 'MemoryMax', memory?.limit);
  if (memory && !isOld('memory')) {
    add('MemoryLow', memory.reservation);
    const swap = swapMax(memory.swap ?? 0, memory.limit ?? 0);
    if (swap && 'value' in swap) limits.push(`MemorySwapMax=${amount(swap.value)}`);
  }
  if (cpu?.shares && cpu.idle !== 1) {
    limits.push(isOld('cpu') ? `CPUShares=${cpu.shares}` : `CPUWeight=${sharesToWeight(cpu.shares)}`);
  }
  if (cpu?.quota) {
    const percent = Math.ceil((cpu.quota * 100) / (cpu.period || usualPeriod));
    limits.push(cpu.quota < 0 ? 'CPUQuota=' : `CPUQuota=${percent}%`);
  }
  // Known since systemd 242, and seldom needed.
  if (cpu?.period && cpu.period !== usualPeriod) limits.push(`CPUQuotaPeriodSec=${cpu.period}us`);
  // 0 is 1 for the file, too.
  if (pids?.limit !== undefined) add('TasksMax', pids.limit < 0 ? -1 : Math.max(pids.limit, 1));
  // In version 1 systemd leaves cpusets alone.
  if (!isOld('cpuset')) {
    add('AllowedCPUs', cpu?.cpus);
    add('AllowedMemoryNodes', cpu?.mems);
  }
  if (blockIO?.weight) {
    limits.push(isOld('blkio') ? `BlockIOWeight=${blockIO.weight}` : `IOWeight=${blkioToIoWeight(blockIO.weight)}`);
  }
  for (const [file, value] of Object.entries(unified)) {
    const name = unifiedNames[file];
    if (name !== undefined && /^(\d+|max)$/.test(value.trim())) add(name, value.trim());
  }
  return limits;
}

/** Files of version 2 that hold one number. */
const unifiedNames: Readonly<Record<string, string>> = {
  'cpu.weight': 'CPUWeight',
  'memory.high': 'MemoryHigh',
  'memory.low': 'MemoryLow',
  'memory.max': 'MemoryMax',
  'memory.min': 'MemoryMin',
  'memory.swap.max': 'MemorySwapMax',
  'pids.max': 'TasksMax',
};

const amount = (value: number | string) =>
  value === 'max' || (typeof value === 'number' && value < 0) ? 'infinity' : String(value);

/**
 * The device list of a unit on a machine whose devices controller is of version 1, where systemd writes it to the same files. In
 * version 2 it is a program of ours, which stays beside any of systemd's.
 */
export function devicesOf(plan: CgroupPlan, rules: readonly DeviceRule[]): readonly Property[] {
  if (!v1Directory(plan, 'devices')) return [];
  const matches = completeRules(rules);
  const [all, ...exceptions] = deviceWrites(matches);
  // Everything but a few: there is no property for it.
  if (all?.file !== 'devices.deny') return [];
  const allowed = exceptions.flatMap(({ value }) => deviceName(value) ?? []);
  return ['DevicePolicy=strict', ...allowed.map((name) => `DeviceAllow=${name}`)];
}

/** `c 1:3 rwm` as systemd has it; undefined for a major number that nobody here has taken. */
function deviceName(value: string): string | undefined {
  const [type, numbers = '', access] = value.split(' ');
  const [major = '*', minor] = numbers.split(':');
  const kind = type === 'b' ? 'block' : 'char';
  if (major !== '*' && minor !== '*') return `/dev/${kind}/${numbers} ${access}`;
  const name = major === '*' ? '*' : driverOf(type as DeviceMatch['type'], major);
  return name === undefined ? undefined : `${kind}-${name} ${access}`;
}

/** The name of a driver by its major number, from /proc/devices: lines `NUMBER NAME` below "Character devices:" and "Block devices:". */
function driverOf(type: DeviceMatch['type'], major: string): string | undefined {
  const [characters = '', blocks = ''] = readFileSync('/proc/devices', 'latin1').split('Block devices:');
  return new RegExp(`^ *${major} (\\S+)$`, 'm').exec(type === 'b' ? blocks : characters)?.[1];
}

/** What a scope for a container has besides its limits, as with runc. */
export function scopeProperties(plan: CgroupPlan): readonly Property[] {
  const blockAccounting = v1Directory(plan, 'blkio') ? 'BlockIOAccounting' : 'IOAccounting';
  return [
    'Delegate=yes',
    'DefaultDependencies=no',
    ...['MemoryAccounting', 'CPUAccounting', 'TasksAccounting', blockAccounting].map((name) => `${name}=yes`),
  ];
}
