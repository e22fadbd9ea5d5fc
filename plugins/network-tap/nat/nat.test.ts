import fc from 'fast-check';
import { expect, test } from 'vitest';
import { requireUnclaimed, requireUnshared } from './claims.ts';
import { listeningPorts, parsePorts } from './ports.ts';
import { forwardRules, rules, withoutRules } from './rules.ts';
import { deviceOf, makeShare, subnetFor } from './share.ts';

test('ports', () => {
  expect(parsePorts('80, 8080:81/tcp,53/udp', 'x')).toEqual([
    { protocol: 'tcp', outside: 80, inside: 80 },
    { protocol: 'tcp', outside: 8080, inside: 81 },
    { protocol: 'udp', outside: 53, inside: 53 },
  ]);
  expect(parsePorts('', 'x')).toEqual([]);
  for (const wrong of ['http', '0', '65536', '1:2:3', '80/sctp', '80-90', '-1', '80 81', '1:0']) {
    expect(() => parsePorts(wrong, 'the annotation'), wrong).toThrow(/the annotation has ".*", which is no port/);
  }
});

test('any text is ports or refused', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        for (const { outside, inside } of parsePorts(text, 'x')) expect(Math.min(outside, inside)).toBeGreaterThan(0);
      } catch (error) {
        expect((error as Error).message).toContain('which is no port');
      }
    }),
  );
});

test('ports that somebody listens at', () => {
  const tcp = [
    '  sl  local_address rem_address   st',
    '   0: 00000000:0050 00000000:0000 0A 0',
    '   1: 0100007F:1F90 0100007F:0050 01 0',
    '   0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 0',
  ].join('\n');
  const udp = '  12: 0100007F:0035 00000000:0000 07 0\n';
  expect([...listeningPorts(tcp, udp)]).toEqual(['80/tcp', '443/tcp', '53/udp']);
});

test('a subnet of its own for each guest', () => {
  expect(subnetFor('rn0000000123-0', '')).toEqual({ gateway: '169.254.64.5', guest: '169.254.64.6' });
  const routes = 'Iface\tDestination\tGateway\nrn1\t0440FEA9\t00000000\n';
  expect(subnetFor('rn0000000123-0', routes).guest).toBe('169.254.64.10');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (number) => {
      const { guest, gateway } = subnetFor(`rn${number.toString(16).padStart(8, '0')}00-0`, '');
      expect([guest, gateway].every((address) => /^169\.254\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+$/.test(address))).toBe(true);
    }),
  );
});

const share = {
  ...makeShare({ tap: 'rn0000000123-0', routes: '', mtu: 1400, ports: parsePorts('8080:80,53/udp', 'x'), isHost: false }),
  mac: '02:00:00:00:00:01',
};

test('what the guest is told, and the rules for its ports', () => {
  expect(deviceOf('service', share)).toEqual({
    name: 'service',
    tap: share.tap,
    interface: undefined,
    mac: share.mac,
    mtu: 1400,
    addresses: ['169.254.64.6/30'],
    routes: [{ destination: '0.0.0.0/0', gateway: '169.254.64.5' }],
  });
  const text = rules(share);
  expect(text.split('\n').filter((line) => line === 'fib daddr type local tcp dport 8080 dnat to 169.254.64.6:80')).toHaveLength(
    2,
  );
  expect(text).toContain('fib daddr type local udp dport 53 dnat to 169.254.64.6:53');
  expect(withoutRules(share)).toContain('delete table ip rn0000000123_0_nat');
  expect(forwardRules(share).every((rule) => rule.includes(share.tap))).toBe(true);
});

test('conflicts name the other one', () => {
  const other = { id: 'first', interfaces: [], ports: parsePorts('80,53/udp', 'x'), settings: {} };
  const claim = (ports: string, others = [other], listening: string[] = []) => {
    requireUnclaimed(parsePorts(ports, 'x'), others, new Set(listening));
  };
  expect(() => claim('81,53')).not.toThrow();
  expect(() => claim('81,80')).toThrow('the port 80/tcp of this network namespace belongs to the container first');
  expect(() => claim('80:8080')).toThrow('belongs to the container first');
  expect(() => claim('81', [], ['81/tcp'])).toThrow('at the port 81/tcp of this network namespace a program listens already');
  const whole = { id: 'all', interfaces: ['eth0'], ports: [], settings: {} };
  expect(() => claim('81', [whole as unknown as typeof other])).toThrow(
    'eth0 of this network namespace belongs to the container all',
  );
  expect(() => requireUnshared([whole])).not.toThrow();
  expect(() => requireUnshared([other])).toThrow(
    'the container first has a share of this network namespace (ports 80/tcp, 53/udp)',
  );
});
