/** Network namespaces that a test fills: late interfaces, names, what is left after a crash. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, inject, test } from 'vitest';
import { until } from '../engine/until.ts';
import { createBare, makeNamespace, plug } from './bundle.ts';
import { busybox } from './busybox.ts';

const hasMacvtap = readFileSync('/proc/devices', 'latin1').includes(' macvtap\n');
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
  await until('the guest serves', 5000, () => bare.output().includes('serving'));
  expect(bare.output()).toContain('arguments: ip=10.2.0.2/24 dev=management ip=10.1.0.2/24');
  await pings(host.inside, '10.1.0.2');
  await pings(host.inside, '10.2.0.2');
});

test('without an interface, when that is to be ignored, the guest gets a device with nothing behind it', async () => {
  const bare = await createBare({ words, network: { unmatched: 'ignore', wait: 0 } });
  await bare.runnc('start', bare.id);
  await until('the guest serves', 5000, () => bare.output().includes('serving'));
  expect(bare.output()).toContain('arguments: ip= gw=');
});

test.each(['redirect', 'routed', 'bridge', ...(hasMacvtap ? ['macvtap'] : [])])(
  '%s: a start that is killed at any moment leaves nothing in a namespace that goes on',
  async (mode) => {
    const host = await makeNamespace();
    const joined = await makeNamespace();
    await plug(host.path, 'host', joined.path, 'eth0', '10.3.0.2/24');
    await joined.inside('ip', 'route', 'add', 'default', 'via', '10.3.0.1');
    const links = () => joined.inside('ip', '-brief', 'link');
    const routes = () => joined.inside('ip', '-4', 'route', 'show', 'table', 'all');
    const addresses = () => joined.inside('ip', '-4', 'address', 'show', 'dev', 'eth0');
    const [before, routesBefore, addressesBefore] = [await links(), await routes(), await addresses()];
    let connected = 0;
    // On a busy machine it takes longer to get that far.
    for (let milliseconds = 4; milliseconds < 64 || (connected === 0 && milliseconds < 1000); milliseconds += 3) {
      const bare = await createBare({ words, netns: joined.path, network: { mode } });
      const start = execa(inject('runnc'), bare.command('start', bare.id), {
        reject: false,
        timeout: milliseconds,
        killSignal: 'SIGKILL',
      });
      await start;
      if ((await links()) !== before) connected += 1;
      await bare.runnc('delete', '--force', bare.id);
      expect(await links()).toBe(before);
      expect(await routes()).toBe(routesBefore);
      expect(await addresses()).toBe(addressesBefore);
      expect(await joined.inside('ip', 'neighbour', 'show', 'proxy')).toBe('');
      expect(await joined.inside('tc', 'qdisc', 'show', 'ingress')).toBe('');
    }
    expect(connected).toBeGreaterThan(0);
  },
);
