/**
 * The systemd cgroup driver on a machine that has cgroup v2 alone: a virtual one, in which systemd is the first process of a pid
 * namespace. Needs qemu-system-x86_64, systemd, dist/runnc and build/guests.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cache } from '../vm/debian-package.ts';
import { missingForVm, runInVm } from '../vm/run-in-vm.ts';

const root = join(import.meta.dirname, '../..');
const [runnc, guest] = [join(root, 'dist/runnc'), join(root, 'build/guests/hello.spt')];
const libraries = ['libstdc++.so.6', 'libseccomp.so.2'].map((name) => `/usr/lib/x86_64-linux-gnu/${name}`);
const systemd = ['/lib/systemd/systemd', '/usr/bin/systemd-run', '/usr/bin/systemctl', '/usr/bin/cat'];
// busybox has these, too, but not for cgroup namespaces.
const tools = ['unshare', 'nsenter'].map((name) => `/usr/bin/${name}`);
const missing = missingForVm() ?? [runnc, guest, ...libraries, ...systemd, ...tools].find((path) => !existsSync(path));

const config = {
  ociVersion: '1.2.0',
  process: { args: ['/hello', 'from', 'v2'], cwd: '/', env: [], user: { uid: 0, gid: 0 } },
  root: { path: 'rootfs' },
  linux: {
    cgroupsPath: 'a-b.slice:pre:c',
    namespaces: ['pid', 'mount', 'network', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })),
    resources: {
      devices: [{ allow: false, access: 'rwm' }],
      memory: { limit: 64 << 20, swap: 64 << 20 },
      cpu: { shares: 1024, quota: 50_000, period: 100_000, cpus: '0' },
      pids: { limit: 1 },
    },
  },
};

const script = `
  echo 0123456789abcdef0123456789abcdef > /etc/machine-id
  mkdir -p /bundle/rootfs && cp /vm/hello /bundle/rootfs/hello && cp /vm/config.json /bundle
  /vm/machine.sh machine & outer=$!
  pid=
  while [ ! -e "/proc/$pid/root/run/systemd/private" ] || [ -z "$pid" ]; do
    sleep 0.1
    kill -0 $outer || exit 1
    pid=$(tr -d ' ' < /proc/$outer/task/$outer/children)
  done
  mkdir -p /sys/fs/cgroup/machine/commands
  echo $$ > /sys/fs/cgroup/machine/commands/cgroup.procs
  exec /usr/bin/nsenter --target=$pid --all -- sh -c '
    scope=/sys/fs/cgroup/a.slice/a-b.slice/pre-c.scope
    limits() { (cd $scope && cat memory.max memory.swap.max cpu.weight cpu.max cpuset.cpus pids.max && wc -l < cgroup.procs); }
    runnc --systemd-cgroup create --bundle /bundle c || exit 1
    limits
    systemctl --no-pager show pre-c.scope -p MemoryMax,TasksMax,ActiveState
    systemctl daemon-reload
    limits
    echo "{\\"pids\\":{\\"limit\\":9}}" | runnc update --resources - c
    (echo 0 > $scope/cgroup.procs; head -c1 /dev/kmsg > /dev/null 2>&1 || echo "no kmsg")
    runnc start c
    while [ "$(runnc state c | grep -c stopped)" = 0 ]; do :; done
    runnc delete c
    ls /run/systemd/transient
    find /sys/fs/cgroup -name "pre-*"
    echo end'`;

const limits = [String(64 << 20), '0', '39', '50000 100000', '0', '1', '1'];

test.skipIf(missing)(`systemd and version 2 alone${missing ? ` (needs ${missing})` : ''}`, { timeout: 90_000 }, async () => {
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, 'config-systemd.json'), JSON.stringify(config));
  const { output } = await runInVm({
    files: {
      ...{ '/usr/bin/runnc': runnc, '/vm/hello': guest, '/vm/config.json': join(cache, 'config-systemd.json') },
      '/vm/machine.sh': join(root, 'test/e2e/systemd/machine.sh'),
      ...Object.fromEntries([...libraries, ...systemd, ...tools].map((path) => [path, path])),
    },
    script,
    timeoutSeconds: 60,
  });
  expect(output.split('\n').filter((line) => !line.startsWith('unshare:'))).toEqual([
    ...limits,
    ...['MemoryMax=67108864', 'TasksMax=1', 'ActiveState=active'],
    ...limits,
    ...['no kmsg', 'Hello from a unikernel', 'command line: <from v2>', 'end', ''],
  ]);
});
