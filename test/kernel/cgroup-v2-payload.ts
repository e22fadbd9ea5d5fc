/** Run as the only program of a machine with cgroup v2 alone: the common checks, and those that need its controllers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import {
  createCgroup,
  detectHierarchy,
  type LinuxResources,
  planCgroup,
  removeCgroup,
  updateCgroup,
} from '../../core/linux/cgroup/index.ts';
import { checks } from './cgroup-checks.ts';
import { type Check, read, runCheck } from './cgroup-inside.ts';

const root = '/sys/fs/cgroup';

const readBack = (resources: LinuxResources, files: Readonly<Record<string, string>>): Check => {
  return async (plan) => {
    await createCgroup(plan, resources);
    for (const [file, value] of Object.entries(files)) assert.equal(await read(plan, file), value, file);
  };
};

const v2Checks: Readonly<Record<string, Check>> = {
  async 'the machine has version 2 alone, with all controllers'() {
    const { mounts } = detectHierarchy();
    assert.equal(mounts.length, 1);
    assert.equal(mounts[0]?.mountPoint, root);
    for (const name of ['cpu', 'cpuset', 'io', 'memory', 'pids']) assert.ok(mounts[0]?.controllers.includes(name), name);
  },
  'memory limits are read back': readBack(
    { memory: { limit: 64 << 20, swap: 96 << 20, reservation: 32 << 20 } },
    { 'memory.max': String(64 << 20), 'memory.swap.max': String(32 << 20), 'memory.low': String(32 << 20) },
  ),
  'CPU limits are read back': readBack(
    { cpu: { shares: 1024, quota: 50_000, period: 200_000, burst: 10_000, cpus: '1', mems: '0' } },
    { 'cpu.weight': '39', 'cpu.max': '50000 200000', 'cpu.max.burst': '10000', 'cpuset.cpus.effective': '1', 'cpuset.mems': '0' },
  ),
  'an idle cgroup is idle': readBack({ cpu: { idle: 1, shares: 1024 } }, { 'cpu.idle': '1' }),
  'limits of processes and huge pages are read back': readBack(
    { pids: { limit: 33 }, hugepageLimits: [{ pageSize: '2MB', limit: 4 << 20 }] },
    { 'pids.max': '33', 'hugetlb.2MB.max': String(4 << 20), 'hugetlb.2MB.rsvd.max': String(4 << 20) },
  ),
  'unified resources are written': readBack(
    { unified: { 'memory.high': '10485760', 'pids.max': '9' } },
    { 'memory.high': '10485760', 'pids.max': '9' },
  ),

  async 'an update can use a controller that was not enabled before, and a period alone keeps the quota'(plan) {
    await createCgroup(plan, { cpu: { quota: 30_000 } });
    assert.equal(await read(plan, 'cpuset.cpus'), undefined);
    updateCgroup(plan, { cpu: { cpus: '0', period: 50_000 } });
    assert.equal(await read(plan, 'cpuset.cpus'), '0');
    assert.equal(await read(plan, 'cpu.max'), '30000 50000');
  },

  async 'a limit below what is in use is refused when asked to check'(plan) {
    await createCgroup(plan, {});
    const child = spawn('/bin/sh', [
      '-c',
      `echo 0 > ${plan.directories[0]?.directory}/cgroup.procs; echo ready; dd if=/dev/zero of=/dev/null bs=32M`,
    ]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    while (Number(await read(plan, 'memory.current')) < 32 << 20) await new Promise((resolve) => setTimeout(resolve, 5));
    const memory = { limit: 16 << 20, checkBeforeUpdate: true };
    assert.throws(() => updateCgroup(plan, { memory }), /16777216 bytes is less than the \d+ in use/);
    updateCgroup(plan, { memory: { ...memory, limit: 64 << 20 } });
    assert.equal(await read(plan, 'memory.max'), String(64 << 20));
  },

  async 'a parent with processes of its own is named when it keeps a controller back'() {
    const parent = `${root}/busy`;
    mkdirSync(parent);
    writeFileSync(`${parent}/cgroup.procs`, '0');
    const plan = planCgroup({ cgroupsPath: '/busy/c', id: 'c' }, detectHierarchy());
    try {
      await assert.rejects(createCgroup(plan, { memory: { limit: 1 << 20 } }), {
        message: `setting memory limit of container c: controller memory cannot be passed on by ${parent}, which has processes of its own`,
      });
      assert.equal(readFileSync(`${parent}/cgroup.type`, 'utf8'), 'domain\n');
      await createCgroup(plan, {});
    } finally {
      writeFileSync(`${root}/cgroup.procs`, '0');
      await removeCgroup(plan);
      rmdirSync(parent);
    }
  },

  async 'a threaded parent is refused by name'() {
    const parent = `${root}/threaded`;
    mkdirSync(parent);
    writeFileSync(`${parent}/cgroup.type`, 'threaded');
    const plan = planCgroup({ cgroupsPath: '/threaded/c', id: 'c' }, detectHierarchy());
    try {
      await assert.rejects(createCgroup(plan, {}), /of container c is of type domain invalid, which a process cannot join/);
    } finally {
      await removeCgroup(plan);
      rmdirSync(parent);
    }
  },
};

let failures = 0;
const hierarchy = detectHierarchy();
for (const [name, check] of Object.entries({ ...v2Checks, ...checks })) {
  const start = performance.now();
  try {
    await runCheck(check, hierarchy, 'checked');
    console.log(`ok ${name} (${(performance.now() - start).toFixed(0)} ms)`);
  } catch (error) {
    failures++;
    console.log(`FAILED ${name}: ${error instanceof Error ? error.stack : error}`);
  }
}
console.log(
  `${Object.keys({ ...v2Checks, ...checks }).length} checks, ${failures} failed, cgroups left: ${readFileSync(`${root}/cgroup.stat`, 'utf8').split('\n')[0]}`,
);
process.exitCode = failures === 0 ? 0 : 1;
