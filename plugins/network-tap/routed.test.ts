import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sameSubnet } from './addresses.ts';
import type { Interface } from './interfaces.ts';
import { defaults } from './options.ts';
import { planNetwork } from './plan.ts';
import { needsRouting, ownGateway, toldWhenRouted } from './routed.ts';
import { sharedSettings } from './routed-settings.ts';

const make = (
  addresses: string[],
  routes: Interface['routes'] = [],
  pointToPoint = false,
  implied: string[] = [],
): Interface => ({
  name: 'eth0',
  mac: '02:00:00:00:00:01',
  mtu: 1500,
  addresses,
  routes,
  pointToPoint,
  implied,
  messages: { addresses: [], routes: [] },
});
const default4 = (gateway: string) => ({ destination: '0.0.0.0/0', gateway });
const calico = make(['10.65.0.2/32'], [default4('169.254.1.1'), { destination: '169.254.1.1/32' }]);

test('auto recognises what a guest cannot reach by itself', () => {
  expect(needsRouting(calico)).toBe(true);
  expect(needsRouting(make(['10.0.0.2/32']))).toBe(true);
  expect(needsRouting(make(['10.0.0.2/24'], [default4('169.254.1.1')]))).toBe(true);
  expect(needsRouting(make(['10.0.0.2/24'], [default4('10.0.0.1')], true))).toBe(true);
  expect(needsRouting(make(['fd00::2/128'], [{ destination: '::/0', gateway: 'fd01::1' }]))).toBe(true);
  expect(needsRouting(make(['fd00::2/128'], [{ destination: '::/0', gateway: 'fd00::2' }]))).toBe(true);
});

test('as the CNI plugin ptp does it: a subnet that is not on the link', () => {
  const ptp = make(
    ['10.5.0.2/24'],
    [default4('10.5.0.1'), { destination: '10.5.0.0/24', gateway: '10.5.0.1' }, { destination: '10.5.0.1/32' }],
  );
  expect(needsRouting(ptp)).toBe(true);
  expect(needsRouting(make(['10.5.0.2/24'], [default4('10.5.0.1'), { destination: '10.6.0.0/24', gateway: '10.5.0.1' }]))).toBe(
    false,
  );
});

test('and leaves the others on their link', () => {
  expect(needsRouting(make(['172.17.0.2/16', 'fd00::2/64'], [default4('172.17.0.1')]))).toBe(false);
  expect(needsRouting(make(['10.0.0.2/24', '10.0.0.9/32'], [default4('10.0.0.1')]))).toBe(false);
  expect(needsRouting(make(['fd00::2/128'], [{ destination: '::/0', gateway: 'fe80::1' }]))).toBe(false);
  expect(needsRouting(make([]))).toBe(false);
});

test('the guest is told a subnet of two, and each route by its new gateway', () => {
  expect(toldWhenRouted(calico)).toEqual({
    addresses: ['10.65.0.2/31'],
    routes: [{ destination: '0.0.0.0/0', gateway: '10.65.0.3' }],
  });
  const both = make(['10.0.0.5/32', 'fd00::5/128'], [default4('10.0.0.1'), { destination: '::/0', gateway: 'fe80::9' }]);
  expect(toldWhenRouted(both)).toEqual({
    addresses: ['10.0.0.5/31', 'fd00::5/128'],
    routes: [
      { destination: '0.0.0.0/0', gateway: '10.0.0.4' },
      { destination: '::/0', gateway: 'fe80::1' },
    ],
  });
});

test('what is on the link of the interface, or at its other end, is beyond the gateway of the guest', () => {
  const peer = make(['10.9.0.2/32'], [], true, ['10.9.0.1/32']);
  expect(toldWhenRouted(peer).routes).toEqual([{ destination: '10.9.0.1/32', gateway: '10.9.0.3' }]);
  const subnet = make(['10.0.0.2/24', 'fd00::2/64'], [], false, ['10.0.0.0/24', 'fd00::/64', 'fd00::2/128']);
  expect(toldWhenRouted(subnet).routes).toEqual([
    { destination: '10.0.0.0/24', gateway: '10.0.0.3' },
    { destination: 'fd00::/64', gateway: 'fe80::1' },
  ]);
});

test('the tap has the gateway only where no way leads to it', () => {
  expect(ownGateway(calico)).toBeUndefined();
  expect(ownGateway(make(['10.9.0.2/32'], [], true, ['10.9.0.1/32']))).toBe('10.9.0.3');
  expect(ownGateway(make(['10.9.0.2/32'], [], true, ['10.9.0.3/32']))).toBeUndefined();
  expect(ownGateway(make(['10.0.0.2/24'], [], false, ['10.0.0.0/24']))).toBeUndefined();
  expect(ownGateway(make(['fd00::2/128'], [default4('10.0.0.1')]))).toBeUndefined();
});

test('the gateway is on the link, and is not the guest', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const { addresses, routes } = toldWhenRouted(make([`${address}/32`], [default4('169.254.1.1')]));
      const gateway = routes[0]?.gateway ?? '';
      expect(gateway).not.toBe(address);
      expect(sameSubnet(addresses[0] ?? '', gateway)).toBe(true);
    }),
  );
});

test('subnets', () => {
  expect(sameSubnet('10.1.2.3/20', '10.1.15.255')).toBe(true);
  expect(sameSubnet('10.1.2.3/20', '10.1.16.0')).toBe(false);
  expect(sameSubnet('0.0.0.0/0', '255.1.1.1')).toBe(true);
  expect(sameSubnet('10.0.0.0/8', 'fd00::1')).toBe(false);
  expect(sameSubnet('fd00:1::2/64', 'fd00:1::ffff:1')).toBe(true);
  expect(sameSubnet('fd00:1::2/65', 'fd00:1::8000:0:0:1')).toBe(false);
  expect(sameSubnet('::/0', '1:2:3:4:5:6:7:8')).toBe(true);
});

test('a mode that was chosen counts', () => {
  const options = { ...defaults, wait: 0 };
  const mode = (found: Interface, wanted: 'auto' | 'redirect' | 'routed') =>
    planNetwork('id', ['service'], [found], { ...options, mode: wanted }).wires[0]?.mode;
  expect(mode(calico, 'auto')).toBe('routed');
  expect(mode(calico, 'redirect')).toBe('redirect');
  expect(mode(make(['10.0.0.2/24']), 'auto')).toBe('redirect');
  expect(mode(make(['10.0.0.2/24']), 'routed')).toBe('routed');
});

const wire = {
  mode: 'routed',
  tap: 'rn0-0',
  mtu: 1500,
  interface: 'eth0',
  mac: '02:00:00:00:00:01',
  addresses: ['10.0.0.5/32', 'fd00::5/128'],
} as const;

test('all of a namespace forwards IPv6 only where the kernel knows no other way', () => {
  expect(Object.keys(sharedSettings(wire, true))).toContain('ipv6/conf/eth0/force_forwarding');
  expect(Object.keys(sharedSettings(wire, false))).toContain('ipv6/conf/all/forwarding');
  expect(sharedSettings({ ...wire, addresses: ['10.0.0.5/32'] }, false)).toEqual({
    'ipv4/conf/eth0/forwarding': '1',
    'ipv4/neigh/eth0/proxy_delay': '0',
  });
});
