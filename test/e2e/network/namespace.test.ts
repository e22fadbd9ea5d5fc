/** Network namespaces that a test fills: late interfaces, names, what has no counterpart. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bridgeName, tapName } from '../../../plugins/network-tap/tap-name.ts';
import { until } from '../engine/until.ts';
import { createBare, makeNamespace, plug } from './bundle.ts';
import { busybox } from './busybox.ts';

const words = ['ip={ipv4}', 'gw={gateway4}'];

async function pings(inside: (program: string, ...args: string[]) => Promise<string>, address: string): Promise<void> {
  await inside(busybox, 'ping', '-c', '1', '-W', '3', address);
}

test('an interface that appears 500 ms after create', async () => {
  const host = await makeNamespace();
  await host.inside('ip', 'link', 'add', 'br0', 'type', 'bridge');
  await host.inside('ip', 'address', 'add', '10.77.0.1/24', 'dev', 'br0');
  await host.inside('ip', 'link', 'set', 'br0', 'up');
  const bare = await createBare({ words });
  const starts = bare.runnc('start', bare.id);
  await sleep(500);
  await plug(host.path, 'late', bare.netns(), 'eth0', '10.77.0.2/24');
  await host.inside('ip', 'link', 'set', 'late', 'master', 'br0');
  await starts;
  await pings(host.inside, '10.77.0.2');
});

test('devices get interfaces by name', async () => {
  const host = await makeNamespace();
  const namesOf = ['ip={service.ipv4}', 'dev=management', 'ip={management.ipv4}'];
  const bare = await createBare({ words: namesOf, guest: 'netserver-two', network: { devices: { service: 'eth1' } } });
  await plug(host.path, 'first', bare.netns(), 'eth0', '10.1.0.2/24');
  await plug(host.path, 'second', bare.netns(), 'eth1', '10.2.0.2/24');
  await host.inside('ip', 'address', 'add', '10.1.0.1/24', 'dev', 'first');
  await host.inside('ip', 'address', 'add', '10.2.0.1/24', 'dev', 'second');
  await bare.runnc('start', bare.id);
  await until('the guest serves', 60_000, () => bare.output().includes('serving'));
  expect(bare.output()).toContain('arguments: ip=10.2.0.2/24 dev=management ip=10.1.0.2/24');
  await pings(host.inside, '10.1.0.2');
  await pings(host.inside, '10.2.0.2');
});

test('without an interface, when that is to be ignored, the guest gets a device with nothing behind it', async () => {
  const bare = await createBare({ words, network: { unmatched: 'ignore', wait: 0 } });
  await bare.runnc('start', bare.id);
  await until('the guest serves', 60_000, () => bare.output().includes('serving'));
  expect(bare.output()).toContain('arguments: ip= gw=');
});

test('devices get interfaces by annotation, where runnc.config leaves it open', async () => {
  const host = await makeNamespace();
  const namesOf = ['ip={service.ipv4}', 'dev=management', 'ip={management.ipv4}'];
  const annotations = { 'org.runnc.network.devices': 'management=eth0' };
  const bare = await createBare({ words: namesOf, guest: 'netserver-two', annotations });
  await plug(host.path, 'first', bare.netns(), 'eth0', '10.1.0.2/24');
  await plug(host.path, 'second', bare.netns(), 'eth1', '10.2.0.2/24');
  await bare.runnc('start', bare.id);
  await until('the guest serves', 60_000, () => bare.output().includes('serving'));
  expect(bare.output()).toContain('arguments: ip=10.2.0.2/24 dev=management ip=10.1.0.2/24');
});

test('an interface without a device, when that is to be ignored, is left alone', async () => {
  const host = await makeNamespace();
  const bare = await createBare({ words, network: { unmatched: 'ignore' } });
  await plug(host.path, 'first', bare.netns(), 'eth0', '10.1.0.2/24');
  await plug(host.path, 'second', bare.netns(), 'eth1', '10.2.0.2/24');
  await host.inside('ip', 'address', 'add', '10.1.0.1/24', 'dev', 'first');
  await host.inside('ip', 'address', 'add', '10.2.0.1/24', 'dev', 'second');
  await bare.runnc('start', bare.id);
  await until('the guest serves', 60_000, () => bare.output().includes('serving'));
  for (const address of ['10.1.0.2', '10.2.0.2']) await pings(host.inside, address);
  expect(await bare.inside('tc', 'qdisc', 'show', 'dev', 'eth1')).not.toContain('ingress');
});

test('mode none: a device with nothing behind it, and the interface goes on', async () => {
  const host = await makeNamespace();
  const bare = await createBare({ words, network: { mode: 'none' } });
  await plug(host.path, 'host', bare.netns(), 'eth0', '10.1.0.2/24');
  await host.inside('ip', 'address', 'add', '10.1.0.1/24', 'dev', 'host');
  await bare.runnc('start', bare.id);
  await until('the guest serves', 60_000, () => bare.output().includes('serving'));
  expect(bare.output()).toContain('arguments: ip= gw=');
  await pings(host.inside, '10.1.0.2');
});

test.each(['redirect', 'bridge'])('%s: links that a container of the same id has left are not in the way', async (mode) => {
  const host = await makeNamespace();
  const joined = await makeNamespace();
  await plug(host.path, 'host', joined.path, 'eth0', '10.1.0.2/24');
  await host.inside('ip', 'address', 'add', '10.1.0.1/24', 'dev', 'host');
  const before = await joined.inside('ip', '-brief', 'link');
  const bare = await createBare({ words, netns: joined.path, network: { mode } });
  const tap = tapName(bare.id, 0);
  await joined.inside('ip', 'tuntap', 'add', 'dev', tap, 'mode', 'tap');
  await joined.inside('ip', 'link', 'add', bridgeName(tap), 'type', 'bridge');
  await bare.runnc('start', bare.id);
  await pings(host.inside, '10.1.0.2');
  await bare.runnc('delete', '--force', bare.id);
  expect(await joined.inside('ip', '-brief', 'link')).toBe(before);
});
