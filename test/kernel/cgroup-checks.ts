/**
 * What must be true of cgroups on a real kernel, whichever version it has: run by cgroup.test.ts on this machine and by
 * cgroup-v2-payload.ts inside a virtual machine that has nothing but version 2.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  createCgroup,
  freeze,
  isFrozen,
  killCgroup,
  type LinuxResources,
  memoryLimit,
  oomKills,
  processes,
  removeCgroup,
  requireUnused,
  thaw,
  updateCgroup,
} from '../../core/linux/cgroup/index.ts';
import { type Check, ended, outputInside, read, sleepInside, spawnInside } from './cgroup-inside.ts';

export const checks: Readonly<Record<string, Check>> = {
  async 'a process joins, is listed, is killed, and nothing is left'(plan) {
    await createCgroup(plan, {});
    assert.deepEqual(processes(plan), []);
    const child = await sleepInside(plan);
    assert.deepEqual(processes(plan), [child.pid]);
    const end = ended(child);
    await killCgroup(plan);
    assert.equal(await end, 'SIGKILL');
    await removeCgroup(plan);
    for (const { directory } of plan.directories) assert.ok(!existsSync(directory));
    await removeCgroup(plan);
  },

  async 'a cgroup with processes in it is refused, and stays as it was'(plan) {
    await createCgroup(plan, {});
    const child = await sleepInside(plan);
    assert.throws(() => requireUnused(plan), new RegExp(`is in use by process ${child.pid}`));
    await assert.rejects(createCgroup(plan, {}), /is in use by process/);
    assert.deepEqual(processes(plan), [child.pid]);
  },

  async 'an empty cgroup that was left over is made anew, what was nested in it included'(plan) {
    await createCgroup(plan, { pids: { limit: 7 } });
    for (const { directory } of plan.directories) mkdirSync(`${directory}/nested`);
    await freeze(plan);
    await createCgroup(plan, {});
    assert.ok(!isFrozen(plan));
    for (const { directory } of plan.directories) assert.ok(!existsSync(`${directory}/nested`));
    assert.notEqual(await read(plan, 'pids.max'), '7');
  },

  async 'removing waits for a process that is still ending, and says so when it does not'(plan) {
    await createCgroup(plan, {});
    const child = await sleepInside(plan);
    await assert.rejects(removeCgroup(plan, 20), new RegExp(`it is still in use by process ${child.pid}`));
    setTimeout(() => child.kill('SIGKILL'), 50);
    await removeCgroup(plan);
  },

  async 'a frozen container stands still, goes on when thawed, and can be killed while frozen'(plan) {
    await createCgroup(plan, {});
    const child = await sleepInside(plan);
    assert.ok(!isFrozen(plan));
    await freeze(plan);
    assert.ok(isFrozen(plan));
    await thaw(plan);
    assert.ok(!isFrozen(plan));
    await freeze(plan);
    const end = ended(child);
    await killCgroup(plan);
    assert.equal(await end, 'SIGKILL');
  },

  async 'what forks without end is killed to the last'(plan) {
    await createCgroup(plan, { pids: { limit: 3000 } });
    for (let i = 0; i < 4; i++) spawnInside(plan, 'while :; do /bin/sleep 30 & done');
    while (processes(plan).length < 100) await new Promise((resolve) => setTimeout(resolve, 1));
    await killCgroup(plan);
    assert.deepEqual(processes(plan), []);
  },

  async 'nested processes are listed and killed'(plan) {
    await createCgroup(plan, {});
    for (const { directory, version } of plan.directories) {
      mkdirSync(`${directory}/nested`);
      if (version === 1 && existsSync(`${directory}/cpuset.cpus`)) {
        for (const file of ['cpuset.cpus', 'cpuset.mems'])
          writeFileSync(`${directory}/nested/${file}`, readFileSync(`${directory}/${file}`));
      }
    }
    const nested = {
      ...plan,
      directories: plan.directories.map((place) => ({ ...place, directory: `${place.directory}/nested` })),
    };
    const child = await sleepInside(nested);
    assert.deepEqual(processes(plan), [child.pid]);
    await killCgroup(plan);
    assert.deepEqual(processes(plan), []);
  },

  async 'default devices can be opened, others and denied ones cannot'(plan) {
    await createCgroup(plan, {}, { devices: [{ allow: false, type: 'c', major: 1, minor: 5, access: 'rw' }] });
    const script = 'for d in null zero kmsg; do (: < /dev/$d) 2>/dev/null && echo $d; done; true';
    assert.equal(await outputInside(plan, script), 'null\n0');
  },

  async 'the bundle’s rules are in force'(plan) {
    await createCgroup(plan, { devices: [{ allow: true, type: 'c', major: 1, minor: 11, access: 'r' }] });
    const script = '(: < /dev/kmsg) 2>/dev/null && echo read; (: > /dev/kmsg) 2>/dev/null && echo write; true';
    assert.equal(await outputInside(plan, script), 'read\n0');
  },

  async 'the least memory limit on the way down is told, before the cgroup exists and after'(plan) {
    const before = memoryLimit(plan) ?? Number.POSITIVE_INFINITY;
    await createCgroup(plan, { memory: { limit: 64 << 20 } });
    assert.equal(memoryLimit(plan), Math.min(before, 64 << 20));
    const place = plan.directories.find(({ directory }) => existsSync(`${directory}/memory.stat`));
    assert.ok(place);
    const file = place.version === 1 ? 'memory.limit_in_bytes' : 'memory.max';
    writeFileSync(`${dirname(place.directory)}/${file}`, String(32 << 20));
    assert.equal(memoryLimit(plan), 32 << 20);
    await removeCgroup(plan);
    assert.equal(memoryLimit(plan), 32 << 20);
  },

  async 'a process that takes more memory than its limit is killed and counted'(plan) {
    await createCgroup(plan, { memory: { limit: 16 << 20, swap: 16 << 20 } });
    assert.equal(oomKills(plan), 0);
    assert.equal(await outputInside(plan, 'exec dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null'), 'SIGKILL');
    assert.equal(oomKills(plan), 1);
  },

  async 'the pids limit holds'(plan) {
    await createCgroup(plan, { pids: { limit: 1 } });
    assert.match(await outputInside(plan, '(exec 2>/dev/null; /bin/true) 2>/dev/null; echo forked'), /^[12]$/);
    updateCgroup(plan, { pids: { limit: 5 } });
    assert.equal(await outputInside(plan, '/bin/true; echo forked'), 'forked\n0');
  },

  async 'limits can be raised and lowered again, memory and swap together'(plan) {
    await createCgroup(plan, { memory: { limit: 64 << 20, swap: 64 << 20 } });
    for (const size of [512, 32, -1, 128]) {
      const bytes = size < 0 ? size : size << 20;
      updateCgroup(plan, { memory: { limit: bytes, swap: bytes } });
      const least = memoryLimit(plan);
      assert.ok(size < 0 ? least === undefined || least > 512 << 20 : least === bytes, `${size} became ${least}`);
    }
  },

  async 'what the kernel refuses is told with file and value, and leaves a cgroup that can be removed'(plan) {
    const refused = createCgroup(plan, { cpu: { cpus: '9999' } });
    await assert.rejects(
      refused,
      new RegExp(`setting CPUs of container ${plan.id}: writing "9999" to /sys/fs/cgroup/.*cpuset.cpus: E[A-Z]+ \\(`),
    );
  },

  async 'what Docker sends for a container without limits is accepted'(plan) {
    const resources: LinuxResources = {
      devices: [
        { allow: false, access: 'rwm' },
        { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' },
      ],
      memory: { disableOOMKiller: false },
      cpu: { shares: 0 },
      pids: { limit: 0 },
      blockIO: { weight: 0 },
    };
    await createCgroup(plan, resources);
    updateCgroup(plan, { cpu: { quota: 20000, period: 50000 } });
  },
};
