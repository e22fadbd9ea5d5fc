import { expect, test } from 'vitest';
import { interfacesIn, type Listing } from './interfaces.ts';
import type { LinkAddress } from './rtnetlink/addresses.ts';
import type { Link } from './rtnetlink/links.ts';
import type { KernelRoute } from './rtnetlink/routes.ts';

const link = (name: string, index: number, more: Partial<Link> = {}): Link => ({
  index,
  name,
  type: 1,
  flags: 0x1043,
  mac: '02:42:ac:11:00:02',
  mtu: 1500,
  kind: 'veth',
  master: undefined,
  lower: undefined,
  ...more,
});
const message = Uint8Array.of(1);
const address = (link: number, text: string, global = true): LinkAddress => ({ link, text, global, message });
const route = (destination: string, link: number, gateway?: string, more: Partial<KernelRoute> = {}): KernelRoute => ({
  destination,
  table: 254,
  unicast: true,
  implied: false,
  hops: [{ link, gateway }],
  message,
  ...more,
});
const list = (listing: Partial<Listing>) => interfacesIn({ links: [], addresses: [], routes: [], ...listing });

test('an interface of Docker', () => {
  const listing: Listing = {
    links: [link('lo', 1, { flags: 0x49, type: 772, kind: undefined }), link('eth0', 7)],
    addresses: [
      address(1, '127.0.0.1/8', false),
      address(7, '172.17.0.2/16'),
      address(7, 'fd00::2/64'),
      address(7, 'fe80::42:acff:fe11:2/64', false),
    ],
    routes: [
      route('0.0.0.0/0', 7, '172.17.0.1'),
      route('10.1.0.0/16', 7, '172.17.0.9'),
      route('10.2.0.1/32', 7),
      route('10.9.0.0/16', 8, '10.8.0.1'),
      route('172.17.0.0/16', 7, undefined, { implied: true }),
      route('172.17.0.2/32', 7, undefined, { implied: true, table: 255, unicast: false }),
      route('ff00::/8', 7, undefined, { table: 255, unicast: false }),
      route('::/0', 7, 'fd00::1'),
      route('0.0.0.0/0', 7, 'fe80::1', {
        hops: [
          { link: 8, gateway: '10.8.0.1' },
          { link: 7, gateway: 'fe80::1' },
        ],
      }),
      route('10.3.0.0/16', 7, '172.17.0.9', { table: 100 }),
      route('::/0', 1, undefined, { unicast: false }),
    ],
  };
  expect(interfacesIn(listing)).toEqual([
    {
      name: 'eth0',
      mac: '02:42:ac:11:00:02',
      mtu: 1500,
      addresses: ['172.17.0.2/16', 'fd00::2/64'],
      routes: [
        { destination: '0.0.0.0/0', gateway: '172.17.0.1' },
        { destination: '10.1.0.0/16', gateway: '172.17.0.9' },
        { destination: '10.2.0.1/32' },
        { destination: '::/0', gateway: 'fd00::1' },
        { destination: '0.0.0.0/0', gateway: 'fe80::1' },
      ],
      implied: ['172.17.0.0/16'],
      pointToPoint: false,
      // The six that are told, without those by eth1, of the kernel and of the table local; and the one of table 100.
      messages: { addresses: [message, message], routes: Array.from({ length: 6 }, () => message) },
    },
  ]);
});

test('interfaces that are down, taps of unikernels, and other ends are told apart', () => {
  const found = list({
    links: [
      link('sit0', 2, { flags: 0x80, type: 776 }),
      link('rn0123456789-0', 3, { kind: 'tun' }),
      // As slirp4netns makes it.
      link('tap0', 4, { kind: 'tun' }),
      link('net1', 5),
      link('wg0', 6, { flags: 0x91, type: 65534, mac: '' }),
    ],
  });
  expect(found.map(({ name, pointToPoint }) => [name, pointToPoint])).toEqual([
    ['net1', false],
    ['tap0', false],
    ['wg0', true],
  ]);
});

test('an interface that another unikernel has by a bridge or a macvtap says so, and those are none themselves', () => {
  const found = list({
    links: [
      link('eth0', 2, { master: 4 }),
      link('eth1', 3),
      link('rb0123456789-0', 4, { kind: 'bridge' }),
      link('rnabcdef0123-1', 5, { kind: 'macvtap', lower: 3 }),
      link('eth2', 6, { master: 7 }),
      link('br0', 7, { kind: 'bridge' }),
    ],
  });
  expect(found.map(({ name, takenBy }) => [name, takenBy])).toEqual([
    ['br0', undefined],
    ['eth0', 'rb0123456789-0'],
    ['eth1', 'rnabcdef0123-1'],
    ['eth2', undefined],
  ]);
});

test('interfaces are in the order of their names', () => {
  const names = ['net1', 'eth10', 'eth2', 'eth0', 'eth'];
  expect(list({ links: names.map((name, index) => link(name, index + 2)) }).map(({ name }) => name)).toEqual([
    'eth',
    'eth0',
    'eth2',
    'eth10',
    'net1',
  ]);
});

test('an empty namespace has none', () => {
  expect(list({})).toEqual([]);
});
