import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseInterfaces } from './interfaces.ts';

/** What `ip -json` of iproute2 6.1 says, shortened to what is read. */
const link = (ifname: string, more: object = {}) => ({
  ifname,
  flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  link_type: 'ether',
  address: '02:42:ac:11:00:02',
  mtu: 1500,
  addr_info: [],
  ...more,
});
const answer = (links: readonly object[], routes: readonly object[] = []) =>
  `${JSON.stringify(links)}\n${JSON.stringify(routes)}\n`;

test('an interface of Docker', () => {
  const addresses = [
    { family: 'inet', local: '172.17.0.2', prefixlen: 16, scope: 'global' },
    { family: 'inet6', local: 'fd00::2', prefixlen: 64, scope: 'global', nodad: true },
    { family: 'inet6', local: 'fe80::42:acff:fe11:2', prefixlen: 64, scope: 'link' },
  ];
  const routes = [
    { dst: 'default', gateway: '172.17.0.1', dev: 'eth0', flags: [] },
    { dst: '10.1.0.0/16', gateway: '172.17.0.9', dev: 'eth0', flags: [] },
    { dst: '10.2.0.1', dev: 'eth0', scope: 'link', flags: [] },
    { dst: '10.9.0.0/16', gateway: '10.8.0.1', dev: 'eth1', flags: [] },
    { dst: '172.17.0.0/16', dev: 'eth0', protocol: 'kernel', scope: 'link', prefsrc: '172.17.0.2', flags: [] },
    { type: 'local', dst: '172.17.0.2', dev: 'eth0', table: 'local', protocol: 'kernel', flags: [] },
    { type: 'multicast', dst: 'ff00::/8', dev: 'eth0', table: 'local', protocol: 'kernel', flags: [] },
    { dst: 'default', gateway: 'fd00::1', dev: 'eth0', metric: 1024, flags: [] },
    { dst: 'default', via: { family: 'inet6', host: 'fe80::1' }, dev: 'eth0', flags: [] },
    { type: 'unreachable', dst: 'default', dev: 'lo', flags: [] },
  ];
  expect(
    parseInterfaces(answer([link('lo', { flags: ['LOOPBACK', 'UP'] }), link('eth0', { addr_info: addresses })], routes)),
  ).toEqual([
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
        { destination: '::/0', gateway: 'fe80::1' },
      ],
      pointToPoint: false,
    },
  ]);
});

test('interfaces that are down, taps, and other ends are told apart', () => {
  const found = parseInterfaces(
    answer([
      link('sit0', { flags: ['NOARP'], link_type: 'sit' }),
      link('rn0123456789-0', { linkinfo: { info_kind: 'tun' } }),
      link('net1', { linkinfo: { info_kind: 'veth' } }),
      link('wg0', { flags: ['POINTOPOINT', 'UP'], link_type: 'none', address: undefined }),
    ]),
  );
  expect(found.map(({ name, pointToPoint }) => [name, pointToPoint])).toEqual([
    ['net1', false],
    ['wg0', true],
  ]);
});

test('interfaces are in the order of their names', () => {
  const names = ['net1', 'eth10', 'eth2', 'eth0', 'eth'];
  expect(parseInterfaces(answer(names.map((name) => link(name)))).map(({ name }) => name)).toEqual([
    'eth',
    'eth0',
    'eth2',
    'eth10',
    'net1',
  ]);
});

test('empty answers are no interfaces', () => {
  expect(parseInterfaces('')).toEqual([]);
  expect(parseInterfaces('[]\n[]\n')).toEqual([]);
});

test('destinations always have a prefix', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.option(fc.nat(32)), (host, prefix) => {
      const dst = prefix === null ? host : `${host}/${prefix}`;
      const [found] = parseInterfaces(answer([link('eth0')], [{ dst, dev: 'eth0' }]));
      expect(found?.routes[0]?.destination).toBe(prefix === null ? `${host}/${host.includes(':') ? 128 : 32}` : dst);
    }),
  );
});
