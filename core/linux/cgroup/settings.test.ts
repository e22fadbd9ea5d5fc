import { expect, test } from 'vitest';
import type { LinuxResources } from '../../oci/resources-types.ts';
import type { CgroupMount } from './hierarchy.ts';
import { planCgroup } from './plan.ts';
import { controllersToEnable, settingsOf } from './settings.ts';

const v1 = (...controllers: string[]): CgroupMount => ({ version: 1, controllers, mountPoint: `/v1/${controllers.join()}` });
const v2 = (...controllers: string[]): CgroupMount => ({ version: 2, controllers, mountPoint: '/v2' });
const old = [v1('cpu', 'cpuacct'), v1('cpuset'), v1('memory'), v1('pids'), v1('blkio'), v1('net_cls')];
const modern = [v2('cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids')];

/** `FILE=VALUE` for each setting, or why it cannot be. */
function written(mounts: readonly CgroupMount[], resources: LinuxResources): string[] {
  return settingsOf(planCgroup({ cgroupsPath: '/c', id: 'c' }, { mounts }), resources).map(({ setting, place }) => {
    if ('impossible' in setting) return `${setting.what}: ${setting.impossible}`;
    const { file, value } = setting;
    return `${place?.directory}/${file}=${typeof value === 'string' ? value : value('50000 100000')}`;
  });
}

/** As dockerd writes it for `docker run` without any limit. */
const docker: LinuxResources = {
  devices: [{ allow: false, access: 'rwm' }],
  memory: { disableOOMKiller: false },
  cpu: { shares: 0 },
  pids: {},
  blockIO: { weight: 0 },
};

test('what Docker sends by default sets nothing', () => {
  expect(written(old, docker)).toEqual([]);
  expect(written(modern, docker)).toEqual([]);
  expect(written([], docker)).toEqual([]);
});

test('a swappiness that an engine means as "not set" sets nothing', () => {
  for (const swappiness of [-1, 2 ** 64]) expect(written(modern, { memory: { swappiness } })).toEqual([]);
});

const limits: LinuxResources = {
  memory: { limit: 1000, swap: 3000, reservation: 500 },
  cpu: { shares: 1024, quota: 50000, period: 100000, cpus: '0-1' },
  pids: { limit: 20 },
  blockIO: { weight: 10, throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 9 }] },
};

test('limits are written to the files of version 1', () => {
  expect(written(old, limits)).toEqual([
    '/v1/cpuset/c/cpuset.cpus=0-1',
    '/v1/memory/c/memory.limit_in_bytes=1000',
    '/v1/memory/c/memory.memsw.limit_in_bytes=3000',
    '/v1/memory/c/memory.soft_limit_in_bytes=500',
    '/v1/cpu,cpuacct/c/cpu.shares=1024',
    '/v1/cpu,cpuacct/c/cpu.cfs_period_us=100000',
    '/v1/cpu,cpuacct/c/cpu.cfs_quota_us=50000',
    '/v1/pids/c/pids.max=20',
    '/v1/blkio/c/blkio.weight=10',
    '/v1/blkio/c/blkio.throttle.read_bps_device=8:0 9',
  ]);
});

test('limits are written to the files of version 2', () => {
  expect(written(modern, limits)).toEqual([
    '/v2/c/cpuset.cpus=0-1',
    '/v2/c/memory.swap.max=2000',
    '/v2/c/memory.max=1000',
    '/v2/c/memory.low=500',
    '/v2/c/cpu.weight=39',
    '/v2/c/cpu.max=50000 100000',
    '/v2/c/pids.max=20',
    '/v2/c/io.bfq.weight=default 10',
    '/v2/c/io.max=8:0 rbps=9',
  ]);
});

test('on a hybrid machine each controller is used where it is', () => {
  const mounts = [v1('memory'), v2('hugetlb', 'pids')];
  const resources: LinuxResources = { memory: { limit: 5 }, pids: { limit: 6 }, hugepageLimits: [{ pageSize: '2MB', limit: 7 }] };
  expect(written(mounts, resources)).toEqual([
    '/v1/memory/c/memory.limit_in_bytes=5',
    '/v2/c/pids.max=6',
    '/v2/c/hugetlb.2MB.max=7',
    '/v2/c/hugetlb.2MB.rsvd.max=7',
  ]);
});

test('a period alone keeps the quota in force', () => {
  expect(written(modern, { cpu: { period: 20000 } })).toEqual(['/v2/c/cpu.max=50000 20000']);
});

test('-1 is without limit', () => {
  const resources: LinuxResources = { memory: { limit: -1 }, cpu: { quota: -1 }, pids: { limit: -1 } };
  expect(written(modern, resources)).toEqual([
    '/v2/c/memory.swap.max=max',
    '/v2/c/memory.max=max',
    '/v2/c/cpu.max=max',
    '/v2/c/pids.max=max',
  ]);
});

test('what version 2 cannot do is refused', () => {
  const resources: LinuxResources = { memory: { swappiness: 5, disableOOMKiller: true }, cpu: { realtimeRuntime: 5 } };
  expect(written(modern, resources)).toEqual([
    'memory.disableOOMKiller: cgroup v2 has no such switch',
    'memory swappiness: cgroup v2 has no swappiness',
    'CPU realtime limits: cgroup v2 has none',
  ]);
});

test('unified resources are written line by line, and only to files of the cgroup', () => {
  expect(written(modern, { unified: { 'io.max': '8:0 rbps=1\n8:16 rbps=2', '../memory.max': '1' } })).toEqual([
    '/v2/c/io.max=8:0 rbps=1',
    '/v2/c/io.max=8:16 rbps=2',
    'unified resource ../memory.max: a name reads CONTROLLER.FILE',
  ]);
});

test('a page size is no way to another file', () => {
  expect(written(modern, { hugepageLimits: [{ pageSize: '../2MB', limit: 1 }] })).toEqual([
    'limit of ../2MB pages: a page size reads like 64KB, 2MB or 1GB',
  ]);
});

test('the controllers that have settings are enabled, and those that engines show', () => {
  const plan = planCgroup({ cgroupsPath: '/c', id: 'c' }, { mounts: modern });
  expect(controllersToEnable(plan, settingsOf(plan, {}))).toEqual(['cpu', 'io', 'memory', 'pids']);
  const resources: LinuxResources = { cpu: { cpus: '0' }, unified: { 'hugetlb.2MB.max': '0' } };
  expect(controllersToEnable(plan, settingsOf(plan, resources))).toEqual(['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids']);
});
