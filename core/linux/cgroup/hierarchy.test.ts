import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMounts } from './hierarchy.ts';

const hybrid = {
  mountinfo: `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,xattr,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup systemd rw,xattr,release_agent=/lib/agent,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
`,
  cgroup: `9:name=systemd:/a:b
4:memory:/process_api/1
1:cpu,cpuacct:/
0::/
`,
};

const unified = {
  mountinfo: '30 23 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n',
  cgroup: '0::/user.slice\n',
};

test('a hybrid machine has its controllers of version 1, co-mounted ones together, systemd, and version 2', () => {
  expect(parseMounts(hybrid.mountinfo, hybrid.cgroup)).toEqual([
    { version: 1, controllers: ['memory'], mountPoint: '/sys/fs/cgroup/memory' },
    { version: 1, controllers: ['name=systemd'], mountPoint: '/sys/fs/cgroup/systemd' },
    { version: 1, controllers: ['cpu', 'cpuacct'], mountPoint: '/sys/fs/cgroup/cpu,cpuacct' },
    { version: 2, controllers: [], mountPoint: '/sys/fs/cgroup/unified' },
  ]);
});

test('a machine with version 2 alone has one mount', () => {
  expect(parseMounts(unified.mountinfo, unified.cgroup)).toEqual([{ version: 2, controllers: [], mountPoint: '/sys/fs/cgroup' }]);
});

test('bind mounts of a part, and mounts elsewhere, are passed over for the whole at the customary place', () => {
  const bind = (root: string, mountPoint: string) => `90 80 0:32 ${root} ${mountPoint} rw,relatime - cgroup cgroup rw,memory\n`;
  const mountinfo = `${bind('/docker/1', '/var/lib/docker/1/sys/fs/cgroup/memory')}${bind('/', '/mnt/m')}${hybrid.mountinfo}${bind('/a', '/sys/fs/cgroup/x')}`;
  expect(parseMounts(mountinfo, hybrid.cgroup)).toEqual(parseMounts(hybrid.mountinfo, hybrid.cgroup));
});

test('inside a container whose mounts are all parts, those are used', () => {
  const mountinfo = '32 31 0:29 /docker/1 /sys/fs/cgroup/memory ro,relatime - cgroup cgroup rw,memory\n';
  expect(parseMounts(mountinfo, '4:memory:/docker/1\n')).toMatchObject([{ mountPoint: '/sys/fs/cgroup/memory' }]);
});

test('of two mounts on one place the later counts', () => {
  const mountinfo = '1 0 0:1 / /m rw - cgroup cgroup rw,pids\n2 1 0:2 / /m rw - cgroup cgroup rw,memory\n';
  expect(parseMounts(mountinfo, '1:pids:/\n2:memory:/\n')).toEqual([{ version: 1, controllers: ['memory'], mountPoint: '/m' }]);
});

test('a named hierarchy that somebody mounted on a machine with version 2 changes nothing', () => {
  const line = '99 23 0:99 / /tmp/x rw - cgroup none rw,name=systemd\n';
  expect(parseMounts(unified.mountinfo + line, `1:name=systemd:/\n${unified.cgroup}`)).toEqual(
    parseMounts(unified.mountinfo, unified.cgroup),
  );
});

test('no cgroups at all are no mounts', () => {
  expect(parseMounts('', '')).toEqual([]);
});

test('any mount point is read back, whatever the line around it', () => {
  const octal = (text: string) => text.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
  const name = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'B', '9', ' ', '\t', '\n', '\\', ':', ',', '-') });
  fc.assert(
    fc.property(name, fc.array(fc.constantFrom('shared:1', 'master:2', 'unbindable')), (mountPoint, optional) => {
      const tags = optional.map((tag) => ` ${tag}`).join('');
      const line = `5 4 0:3 / /${octal(mountPoint)} rw,relatime${tags} - cgroup cgroup rw,pids`;
      expect(parseMounts(line, '1:pids:/')).toEqual([{ version: 1, controllers: ['pids'], mountPoint: `/${mountPoint}` }]);
    }),
  );
});

test('nonsense is not a mount and not an exception', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => Array.isArray(parseMounts(`${a} - cgroup${b}\n${b}`, a))));
});
