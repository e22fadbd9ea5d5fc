/** A unikernel under limits on a machine that has cgroup v2 alone: a virtual one. Needs qemu-system-x86_64, dist/runnc and build/guests. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cache } from '../vm/debian-package.ts';
import { missingForVm, runInVm } from '../vm/run-in-vm.ts';

const root = join(import.meta.dirname, '../..');
const [runnc, guest] = [join(root, 'dist/runnc'), join(root, 'build/guests/hello.spt')];
const libraries = ['libstdc++.so.6', 'libseccomp.so.2'].map((name) => `/usr/lib/x86_64-linux-gnu/${name}`);
const missing = missingForVm() ?? [runnc, guest, ...libraries].find((path) => !existsSync(path));

const config = {
  ociVersion: '1.2.0',
  process: { args: ['/hello', 'from', 'v2'], cwd: '/', env: [], user: { uid: 0, gid: 0 } },
  root: { path: 'rootfs' },
  linux: {
    cgroupsPath: '/pod/container',
    namespaces: ['pid', 'mount', 'network', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })),
    resources: {
      devices: [{ allow: false, access: 'rwm' }],
      memory: { limit: 64 << 20, swap: 64 << 20 },
      cpu: { shares: 1024, quota: 50_000, period: 100_000 },
      pids: { limit: 8 },
    },
  },
};

const script = `
  mkdir -p /bundle/rootfs && cp /vm/hello /bundle/rootfs/hello && cp /vm/config.json /bundle
  runnc create --bundle /bundle c || exit 1
  cd /sys/fs/cgroup/pod/container && cat memory.max memory.swap.max cpu.weight cpu.max pids.max && wc -l < cgroup.procs && cd /
  runnc start c
  while [ "$(runnc state c | grep -c stopped)" = 0 ]; do :; done
  runnc delete c
  ls -d /sys/fs/cgroup/*/ /sys/fs/cgroup/pod/*/`;

test.skipIf(missing)(`runnc and version 2 by itself${missing ? ` (needs ${missing})` : ''}`, { timeout: 120_000 }, async () => {
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, 'config.json'), JSON.stringify(config));
  const files = { '/usr/bin/runnc': runnc, '/vm/hello': guest, '/vm/config.json': join(cache, 'config.json') };
  const { output } = await runInVm({
    files: { ...files, ...Object.fromEntries(libraries.map((path) => [path, path])) },
    script,
    timeoutSeconds: 90,
  });
  expect(output.split('\n')).toEqual([
    ...[String(64 << 20), '0', '39', '50000 100000', '8', '1'],
    ...['Hello from a unikernel', 'command line: <from v2>'],
    ...['ls: /sys/fs/cgroup/pod/*/: No such file or directory', '/sys/fs/cgroup/pod/', ''],
  ]);
});
