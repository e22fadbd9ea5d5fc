import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NetworkDevice } from '../../../core/plugin.ts';
import type { Wire } from '../wiring.ts';
import { planLinks } from './links.ts';
import { isLoopback, listenerAt } from './listeners.ts';
import { rules } from './rules.ts';

const head = '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const socket = (local: string, state: string) => ` 6434: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 0 0 0 1\n`;
// As Docker 20.10 had them.
const dockerUdp = `${head}${socket('0B00007F:9936', '07')}`;
const dockerTcp = `${head}${socket('0B00007F:9A5D', '0A')}`;

test("Docker's name server is at one random port each", () => {
  expect(listenerAt('127.0.0.11', dockerUdp, dockerTcp)).toEqual({ address: '127.0.0.11', udp: 39222, tcp: 39517 });
});

test('a name server of somebody else is at port 53, on its address or on all', () => {
  const udp = `${head}${socket('0100007F:0035', '07')}${socket('0100007F:1F90', '07')}`;
  expect(listenerAt('127.0.0.1', udp, head)).toEqual({ address: '127.0.0.1', udp: 53, tcp: undefined });
  expect(listenerAt('127.0.0.53', `${head}${socket('00000000:0035', '07')}`, head)?.udp).toBe(53);
});

test('what does not listen for names is none', () => {
  // Connected, on another address, another port on all addresses, two that it could be.
  expect(listenerAt('127.0.0.11', `${head}${socket('0B00007F:9936', '01')}`, '')).toBeUndefined();
  expect(listenerAt('127.0.0.11', dockerUdp.replace('0B00007F', '0100007F'), '')).toBeUndefined();
  expect(listenerAt('127.0.0.11', `${head}${socket('00000000:1F90', '07')}`, '')).toBeUndefined();
  expect(listenerAt('127.0.0.11', `${dockerUdp}${socket('0B00007F:9937', '07')}`, '')).toBeUndefined();
});

test('any text can be read', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (udp, tcp) => listenerAt('127.0.0.11', udp, tcp) === undefined));
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect(isLoopback(address)).toBe(address.startsWith('127.'));
    }),
  );
});

const listener = { address: '127.0.0.11', udp: 39222, tcp: 39517 };
const wire: Wire = { mode: 'redirect', tap: 'rn0000000123-0', mtu: 1500, interface: 'eth0' };
const device: NetworkDevice = {
  name: 'service',
  tap: wire.tap,
  interface: 'eth0',
  mac: '02:00:00:00:00:01',
  mtu: 1500,
  addresses: ['fd00::2/64', '172.18.0.2/16'],
  routes: [],
};

test('each guest in a namespace has a source of its own, of which none is taken', () => {
  const [first] = planLinks(listener, [wire], [device], '');
  expect(first).toMatchObject({ device: wire.tap, guest: '172.18.0.2', mac: device.mac, source: '169.254.54.1' });
  const routes = 'Iface\tDestination\tGateway\neth0\t0136FEA9\t00000000\n';
  expect(planLinks(listener, [wire], [device], routes)[0]?.source).toBe('169.254.54.2');
  const two = planLinks(listener, [wire, { ...wire, tap: 'rn0000000123-1' }], [device, device], '');
  expect(two.map(({ source }) => source)).toEqual(['169.254.54.1', '169.254.54.2']);
});

test('nothing is made for a guest without an IPv4 address, or without an interface', () => {
  expect(planLinks(listener, [wire], [{ ...device, addresses: ['fd00::2/64'] }], '')).toEqual([]);
  expect(planLinks(listener, [{ mode: 'none', tap: wire.tap }], [device], '')).toEqual([]);
});

test('questions and answers, each protocol by its own port', () => {
  const [link] = planLinks(listener, [wire], [device], '');
  if (!link) throw new Error('no link');
  const text = rules(link);
  expect(text).toContain(
    'ip daddr 169.254.53.53 udp dport 53 ip saddr set 169.254.54.1 ip daddr set 127.0.0.11 udp dport set 39222 meta pkttype set host accept',
  );
  expect(text).toContain(
    'ip saddr 127.0.0.11 tcp sport 39517 ip saddr set 169.254.53.53 ip daddr set 172.18.0.2 tcp sport set 53',
  );
  expect(rules({ ...link, listener: { ...listener, tcp: undefined } })).not.toContain('tcp');
});

test('in mode routed the namespace asks others from the address of the tap, and only port 53 is followed', () => {
  const [link] = planLinks(listener, [{ ...wire, mode: 'routed' }], [device], '');
  if (!link) throw new Error('no link');
  const text = rules(link);
  const udpOrTcp = 'meta l4proto { tcp, udp } th';
  expect(text).toContain(`oifname "eth0" ip saddr 172.18.0.2 ${udpOrTcp} dport 53 ip saddr set 169.254.53.53`);
  expect(text).toContain('oifname "eth0" ip saddr 169.254.53.53 snat to 172.18.0.2');
  expect(text).toContain(`iifname "eth0" ip daddr 169.254.53.53 ${udpOrTcp} sport 53 ip daddr set 172.18.0.2`);
  expect(text).toContain('iifname { "eth0", "rn0000000123-0" } notrack');
  expect(rules({ ...link, mode: 'redirect' })).not.toMatch(/snat|notrack/);
});
