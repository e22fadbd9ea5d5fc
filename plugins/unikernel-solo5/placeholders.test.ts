import fc from 'fast-check';
import { expect, test } from 'vitest';
import { replacePlaceholders } from './placeholders.ts';

const device = (name: string, addresses: readonly string[]) => ({
  name,
  tap: 'tap',
  interface: 'eth0',
  mac: '02:42:ac:11:00:02',
  mtu: 1400,
  addresses,
  routes: [{ destination: '0.0.0.0/0', gateway: '172.17.0.1' }],
});
const network = {
  devices: [device('service', ['172.17.0.2/16', 'fd00::2/64']), device('management', ['10.0.0.2/24'])],
  nameServers: ['8.8.8.8', '1.1.1.1'],
  searchDomains: ['example.org'],
};
const replace = (text: string) => replacePlaceholders(text, network, 'web');

test('words stand for what the network is', () => {
  expect(replace('ip={ipv4} gw={gateway4} ip6={ipv6} mac={mac} mtu={mtu} dns={dns} search={search} name={hostname}')).toBe(
    'ip=172.17.0.2/16 gw=172.17.0.1 ip6=fd00::2/64 mac=02:42:ac:11:00:02 mtu=1400 dns=8.8.8.8,1.1.1.1 search=example.org name=web',
  );
});

test('a device can be named', () => {
  expect(replace('{management.ipv4} {service.ipv4} {management.ipv6}.')).toBe('10.0.0.2/24 172.17.0.2/16 .');
});

test('what is not there is empty, what is not known stays', () => {
  expect(replace('gw6={gateway6}')).toBe('gw6=');
  expect(replace('{"a": {ipv5}} {other.ipv4} {} {toString} {service.dns} {{ipv4}}')).toBe(
    '{"a": {ipv5}} {other.ipv4} {} {toString} {service.dns} {172.17.0.2/16}',
  );
});

test('text without braces never changes', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes('{')),
      (text) => replace(text) === text,
    ),
  );
});
