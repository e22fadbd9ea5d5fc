/** Cgroups on this machine, whatever versions it has, and version 2 by itself where there is a mount of it. Needs root. */
import { describe, expect, test } from 'vitest';
import { createCgroup, detectHierarchy, type Hierarchy, type LinuxResources } from '../../core/linux/cgroup/index.ts';
import { checks } from './cgroup-checks.ts';
import { read, runCheck } from './cgroup-inside.ts';

const machine = detectHierarchy();
const hasV1 = (controller: string) =>
  machine.mounts.some(({ version, controllers }) => version === 1 && controllers.includes(controller));

describe('the hierarchies of this machine', () => {
  test.each(Object.keys(checks))('%s', (name) => runNamed(name, machine));
});

// On a hybrid machine, the mount of version 2 has the parts that need no controller.
const modern: Hierarchy = { mounts: machine.mounts.filter(({ version }) => version === 2) };
const needsController = /memory|pids|forks|limit|refuses|left over|Docker/;
describe.skipIf(modern.mounts.length === 0)('version 2 by itself', () => {
  const names = Object.keys(checks).filter(
    (name) => modern.mounts[0]?.controllers.includes('memory') || !needsController.test(name),
  );
  test.each(names)('%s', (name) => runNamed(name, modern));

  test.skipIf(modern.mounts[0]?.controllers.includes('memory'))('a limit without its controller is one clear sentence', () =>
    runCheck(
      async (plan) => {
        await expect(createCgroup(plan, { memory: { limit: 1 << 20 } })).rejects.toMatchObject({
          code: 'ERR_CGROUP',
          message: 'setting memory limit of container lacking: there is no memory controller on this machine',
        });
      },
      modern,
      'lacking',
    ),
  );
});

describe.skipIf(!hasV1('memory'))('version 1', () => {
  const old: Hierarchy = { mounts: machine.mounts.filter(({ version }) => version === 1) };
  test.each(Object.keys(checks))('%s', (name) => runNamed(name, old));

  test.each<{ resources: LinuxResources; files: Record<string, string> }>([
    {
      resources: { memory: { limit: 64 << 20, swap: 128 << 20, reservation: 32 << 20, swappiness: 10, disableOOMKiller: true } },
      files: {
        'memory.limit_in_bytes': String(64 << 20),
        'memory.memsw.limit_in_bytes': String(128 << 20),
        'memory.soft_limit_in_bytes': String(32 << 20),
        'memory.swappiness': '10',
      },
    },
    {
      resources: { cpu: { shares: 512, quota: 50_000, period: 200_000, burst: 10_000, cpus: '0', mems: '0' } },
      files: {
        'cpu.shares': '512',
        'cpu.cfs_quota_us': '50000',
        'cpu.cfs_period_us': '200000',
        'cpu.cfs_burst_us': '10000',
        'cpuset.cpus': '0',
        'cpuset.mems': '0',
      },
    },
    { resources: { pids: { limit: 33 } }, files: { 'pids.max': '33' } },
    { resources: { pids: { limit: -1 } }, files: { 'pids.max': 'max' } },
    { resources: { blockIO: { weight: 300 } }, files: { 'blkio.bfq.weight': '300' } },
  ])('$resources is read back', ({ resources, files }) =>
    runCheck(
      async (plan) => {
        await createCgroup(plan, resources);
        for (const [file, value] of Object.entries(files)) expect(await read(plan, file), file).toBe(value);
      },
      machine,
      'limits',
    ),
  );

  test('resources for version 2 are refused', () =>
    runCheck(
      async (plan) => {
        const refused = createCgroup(plan, { unified: { 'memory.max': '1000' } });
        await expect(refused).rejects.toThrow(
          'setting unified resource memory.max of container unified: cgroup v2 has no memory controller',
        );
      },
      machine,
      'unified',
    ));
});

function runNamed(name: string, hierarchy: Hierarchy): Promise<void> {
  const check = checks[name];
  if (!check) throw new Error(`no check is named ${name}`);
  return runCheck(check, hierarchy, 'checked');
}
