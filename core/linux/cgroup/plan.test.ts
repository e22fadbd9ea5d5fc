import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CgroupMount } from './hierarchy.ts';
import { entryOf, pathDown, planCgroup } from './plan.ts';

const memory: CgroupMount = { version: 1, controllers: ['memory'], mountPoint: '/sys/fs/cgroup/memory' };
const unified: CgroupMount = { version: 2, controllers: [], mountPoint: '/sys/fs/cgroup/unified' };
const hierarchy = { mounts: [memory, unified] };
const pathOf = (cgroupsPath: string | undefined, id = 'web') => {
  const [first] = planCgroup({ cgroupsPath, id }, { mounts: [memory] }).directories;
  return first?.directory.slice(memory.mountPoint.length);
};

test('the plan has a directory in each hierarchy and is plain JSON', () => {
  const plan = planCgroup({ cgroupsPath: '/docker/web', id: 'web' }, hierarchy);
  expect(plan.directories.map(({ directory }) => directory)).toEqual([
    '/sys/fs/cgroup/memory/docker/web',
    '/sys/fs/cgroup/unified/docker/web',
  ]);
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  expect(entryOf(plan)).toEqual({
    tasks: ['/sys/fs/cgroup/memory/docker/web/tasks'],
    unified: '/sys/fs/cgroup/unified/docker/web',
  });
});

test.each([
  ['/docker/web', '/docker/web'],
  ['//a/./b/', '/a/b'],
  ['/../../etc', '/etc'],
  ['a/b', '/runnc/a/b'],
  ['../../a', '/runnc/a'],
  [undefined, '/runnc/web'],
  ['', '/runnc/web'],
  ['/system.slice:docker:web', '/system.slice:docker:web'],
])('cgroupsPath %j is the cgroup %s', (cgroupsPath, expected) => {
  expect(pathOf(cgroupsPath)).toBe(expected);
});

test.each(['/', '/..', '.', 'a/..'])('cgroupsPath %j is refused, since it names no cgroup below the root', (cgroupsPath) => {
  expect(() => pathOf(cgroupsPath)).toThrow(`cgroupsPath ${cgroupsPath} of container web names no cgroup below the root`);
});

test('a path for systemd is refused with the cure', () => {
  expect(() => pathOf('system.slice:docker:web')).toThrow(/meant for systemd/);
});

test('an id that could be a control file is kept apart from it, and from ids that look so', () => {
  const ids = ['memory.max', 'tasks', '_tasks', 'release_agent', '.', '..', 'web', 'web-1', '_', 'a.b'];
  const paths = ids.map((id) => pathOf(undefined, id));
  expect(paths).toEqual(
    ['_memory.max', '_tasks', '__tasks', '_release_agent', '_.', '_..', 'web', 'web-1', '__', '_a.b'].map((n) => `/runnc/${n}`),
  );
});

test('names are never longer than a directory allows, differ when the ids do, and stay the same', () => {
  const id = fc.string({ minLength: 1, maxLength: 1024, unit: fc.constantFrom('a', 'Z', '0', '_', '+', '-', '.', 'é') });
  fc.assert(
    fc.property(id, id, (one, other) => {
      const [a, b] = [pathOf(undefined, one), pathOf(undefined, other)];
      expect(a).toBe(pathOf(undefined, one));
      expect(a === b).toBe(one === other);
      expect(Buffer.byteLength(a?.split('/').at(-1) ?? '')).toBeLessThanOrEqual(255);
    }),
  );
  expect(pathOf(undefined, 'x'.repeat(1024))).not.toBe(pathOf(undefined, `${'x'.repeat(1023)}y`));
});

test('no cgroupsPath leaves its mount', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('..', '.', 'a', '', '...'), { maxLength: 8 }), fc.boolean(), (names, absolute) => {
      const cgroupsPath = `${absolute ? '/' : ''}${names.join('/')}/leaf`;
      const path = pathOf(cgroupsPath) ?? '';
      expect(path.split('/').slice(1)).not.toContain('..');
      expect(path.startsWith('/')).toBe(true);
      if (!cgroupsPath.startsWith('/')) expect(path.startsWith('/runnc/')).toBe(true);
    }),
  );
});

test('the way down goes from the mount point to the cgroup', () => {
  expect(pathDown({ ...memory, directory: '/sys/fs/cgroup/memory/a/b' })).toEqual([
    '/sys/fs/cgroup/memory',
    '/sys/fs/cgroup/memory/a',
    '/sys/fs/cgroup/memory/a/b',
  ]);
});
