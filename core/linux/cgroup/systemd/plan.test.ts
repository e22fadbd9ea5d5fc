import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planUnit } from './plan.ts';

const hierarchy = {
  mounts: [
    { version: 1, controllers: ['name=systemd'], mountPoint: '/cg/systemd' },
    { version: 2, controllers: [], mountPoint: '/cg/unified' },
  ],
} as const;

const planOf = (cgroupsPath: string | undefined, id = 'web') => planUnit({ cgroupsPath, id }, hierarchy);

test.each([
  ['system.slice:docker:1234', '/system.slice/docker-1234.scope'],
  [':docker:1234', '/system.slice/docker-1234.scope'],
  ['-.slice:docker:1234', '/docker-1234.scope'],
  ['kube-pod-x.slice:cri:1', '/kube.slice/kube-pod.slice/kube-pod-x.slice/cri-1.scope'],
  ['a.slice::1', '/a.slice/-1.scope'],
  ['', '/system.slice/runnc-web.scope'],
  [undefined, '/system.slice/runnc-web.scope'],
])('cgroupsPath %j is at %s in each hierarchy', (cgroupsPath, place) => {
  const { directories, unit } = planOf(cgroupsPath);
  expect(directories.map(({ directory }) => directory)).toEqual([`/cg/systemd${place}`, `/cg/unified${place}`]);
  expect(place.endsWith(`/${unit?.name}`)).toBe(true);
});

test.each([
  ['/pod/web', /does not read slice:prefix:name/],
  ['a.slice:b', /does not read slice:prefix:name/],
  ['a.slice:b:c:d', /does not read slice:prefix:name/],
  ['a.slice:b:', /does not read slice:prefix:name/],
  ['a.slice:b:c.slice', /names a slice, which holds no processes/],
  ['a:b:c', /"a", from the cgroupsPath of container web, is no name of a slice/],
  ['.slice:b:c', /is no name of a slice/],
  ['a--b.slice:b:c', /is no name of a slice/],
  ['-a.slice:b:c', /is no name of a slice/],
  ['../a.slice:b:c', /is no name of a slice/],
  ['a.slice:b:../c', /is no name for a unit/],
  ['a.slice:b c:d', /is no name for a unit/],
  ['a.slice:b:c\n', /is no name for a unit/],
  [`a.slice:b:${'c'.repeat(250)}`, /is no name for a unit/],
])('cgroupsPath %j is refused', (cgroupsPath, sentence) => {
  expect(() => planOf(cgroupsPath)).toThrow(sentence);
});

test('whatever is in a path, its directories are below the mount points, and one name long for each step', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 20 }), (slice, name) => {
      try {
        const { directories } = planOf(`${slice}:${name}:${name}`);
        for (const { mountPoint, directory } of directories) {
          const names = directory.slice(mountPoint.length + 1).split('/');
          expect(directory.startsWith(`${mountPoint}/`)).toBe(true);
          expect(names.every((each) => /^[\w:.@\\-]+\.(slice|scope)$/.test(each))).toBe(true);
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_CGROUP' });
      }
    }),
  );
});
