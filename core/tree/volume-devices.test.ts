import { expect, test } from 'vitest';
import type { Container, Unikernel } from '../plugin.ts';
import { volumeDevices } from './volume-devices.ts';

const unikernel = (...names: string[]) =>
  ({ devices: names.map((name, handle) => ({ name, kind: 'block', handle })) }) as unknown as Unikernel;
const container = (destinations: readonly string[], said: Partial<Container> = {}) =>
  ({ annotations: {}, env: [], mounts: destinations.map((destination) => ({ destination })), ...said }) as unknown as Container;

test.each<[string, readonly string[], readonly string[], Partial<Container>, Record<string, string>]>([
  ['by its name', ['data', 'rootfs'], ['/srv/data', '/other'], {}, { '/srv/data': 'data' }],
  ['letters and digits only', ['mydata'], ['/srv/my-data/'], {}, { '/srv/my-data/': 'mydata' }],
  ['by the environment', ['disk'], ['/a', '/b'], { env: ['RUNNC_VOLUME_disk=/b'] }, { '/b': 'disk' }],
  [
    'an annotation wins',
    ['disk'],
    ['/a', '/b'],
    { env: ['RUNNC_VOLUME_disk=/b'], annotations: { 'org.runnc.volume.disk': '/a' } },
    { '/a': 'disk' },
  ],
  ['what is said wins over the name', ['data'], ['/data', '/b'], { env: ['RUNNC_VOLUME_data=/b'] }, { '/b': 'data' }],
  ['a place where nothing is mounted', ['data'], ['/data'], { env: ['RUNNC_VOLUME_data=/c'] }, {}],
  ['one volume on one device', ['a', 'b'], ['/v'], { env: ['RUNNC_VOLUME_a=/v', 'RUNNC_VOLUME_b=/v'] }, { '/v': 'a' }],
])('%s', (_, devices, destinations, said, expected) => {
  expect(Object.fromEntries(volumeDevices(container(destinations, said), unikernel(...devices)))).toEqual(expected);
});
