/** Who gets a root that can be written to, and how large. */
import { expect, test } from 'vitest';
import type { Container, Unikernel } from '../../core/plugin.ts';
import { isNeeded } from './needed.ts';
import { askedFor, freeSpaceOf } from './settings.ts';

const container = (changed: Partial<Container>) =>
  ({ annotations: {}, env: [], metadata: {}, mounts: [], ...changed }) as unknown as Container;
const bind = (destination: string, ...options: string[]) => ({
  destination,
  type: 'bind',
  source: '/a',
  options: ['rbind', ...options],
});

test.each([
  [{}, {}, 64 * 2 ** 20],
  [{ freeSpace: 1000 }, {}, 1000],
  [{ freeSpace: '2GiB' }, {}, 2 * 2 ** 30],
  [{ freeSpace: 0 }, { env: ['RUNNC_ROOTFS_FREE_SPACE=5m'] }, 5 * 2 ** 20],
  [{}, { env: ['RUNNC_ROOTFS_FREE_SPACE=5m'], annotations: { 'org.runnc.rootfs.free-space': '1k' } }, 1024],
])('free space: %j and %j', (options, said, bytes) => {
  expect(freeSpaceOf(container(said), options)).toBe(bytes);
});

test.each(['', '-1', '1.5g', '5 apples', '9999999999999999999'])('%o is no size', (text) => {
  expect(() => freeSpaceOf(container({ annotations: { 'org.runnc.rootfs.free-space': text } }), {})).toThrow(
    /^the annotation org\.runnc\.rootfs\.free-space is ".*", which is not a size$/,
  );
});

test('what the container says: the environment, else the metadata of the image', () => {
  expect(askedFor(container({}))).toBeUndefined();
  expect(askedFor(container({ metadata: { settings: { rootfs: 'ext2' } } }))).toBe('ext2');
  expect(
    askedFor(container({ env: ['RUNNC_ROOTFS=ext2', 'RUNNC_ROOTFS=iso'], metadata: { settings: { rootfs: 'ext2' } } })),
  ).toBe('iso');
  expect(() => askedFor(container({ env: ['RUNNC_ROOTFS=ntfs'] }))).toThrow('RUNNC_ROOTFS is "ntfs"');
});

test.each<[string, readonly string[] | undefined, Container['mounts'], boolean]>([
  ['a volume to be written, and it mounts ext2', ['iso9660', 'ext2'], [bind('/data')], true],
  ['a tmpfs', ['ext2'], [{ destination: '/scratch', type: 'tmpfs' }], true],
  ['nobody knows what it mounts', undefined, [bind('/data')], false],
  ['it mounts ISO only', ['iso9660'], [bind('/data')], false],
  ['a read-only volume', ['ext2'], [bind('/data', 'ro')], false],
  ["the engine's mounts", ['ext2'], [bind('/etc/hosts'), bind('/dev/shm'), { destination: '/proc', type: 'proc' }], false],
])('ext2 without being asked: %s', (_, fileSystems, mounts, expected) => {
  expect(isNeeded(container({ mounts }), { fileSystems } as Unikernel)).toBe(expected);
});
