/** Modes `bridge` and `macvtap`: the guest has the interface's addresses for itself, and the interface gets them back. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { until } from '../engine/until.ts';
import { createBare, makeNamespace, plug, settling } from './bundle.ts';

const hasMacvtap = readFileSync('/proc/devices', 'latin1').includes(' macvtap\n');
const modes = [
  ['bridge', 'spt', true],
  ['bridge', 'hvt', existsSync('/dev/kvm')],
  ['macvtap', 'spt', hasMacvtap],
  ['macvtap', 'hvt', hasMacvtap && existsSync('/dev/kvm')],
] as const;

/** A pod whose interface has what engines may set beside an address: addresses of both families, labels, routes with metrics, in other tables and of other families. */
async function makePod() {
  const [node, pod] = [await makeNamespace(), await makeNamespace()];
  await plug(node.path, 'node', pod.path, 'eth0', '10.4.0.2/24');
  const ip = (line: string) => pod.inside('ip', ...line.split(' '));
  await node.inside('ip', 'address', 'add', '10.4.0.1/24', 'dev', 'node');
  await node.inside('ip', 'address', 'add', 'fd00:4::1/64', 'dev', 'node', 'nodad');
  await node.inside('ip', 'address', 'add', '192.0.2.1/32', 'dev', 'lo');
  await ip('link set eth0 address 02:42:0a:04:00:02');
  await ip('address add 10.4.0.3/24 dev eth0 label eth0:1 valid_lft 9000 preferred_lft 8000');
  await ip('address add fd00:9::9/128 dev eth0 nodad');
  await ip('address add fd00:4::2/64 dev eth0 nodad');
  await ip('route add default via 10.4.0.1 metric 7 mtu 1400');
  await ip('route add 10.8.0.0/16 nexthop via 10.4.0.1 weight 2 nexthop via 10.4.0.9 weight 1');
  await ip('route add 10.7.0.0/16 via 10.4.0.1 table 100');
  await ip('route add 10.6.0.0/16 via inet6 fd00:4::1 dev eth0');
  await ip('route add default via fd00:4::1');
  await until('addresses are ready', 60_000, async () => !(await pod.inside('ip', 'address')).includes('tentative'));
  const tell = async (...args: string[]) => (await pod.inside('ip', ...args)).replaceAll(/\d+sec/g, 'sec');
  const state = async () => ({
    addresses: (await tell('-details', 'address')).replaceAll(/\b(master|bridge_slave|state|promiscuity|allmulti)\b.*/g, '$1'),
    // Entries of both families, in any order.
    routes: (await tell('-details', 'route', 'show', 'table', 'all')).split('\n').sort(),
    routes6: (await tell('-6', '-details', 'route', 'show', 'table', 'all')).split('\n').sort(),
    links: await tell('-brief', 'link'),
    queues: await pod.inside('tc', 'qdisc'),
  });
  return { node, pod, state };
}

const words = ['ip={ipv4}', 'gw={gateway4}', 'ip6={ipv6}', 'gw6={gateway6}', 'ping=192.0.2.1'];

for (const [mode, target, possible] of modes) {
  test.skipIf(!possible)(
    `${mode}: an ${target} guest is reached and reaches others, twice; interface and routes are as before`,
    async () => {
      const { node, pod, state } = await makePod();
      const before = await state();
      for (let times = 0; times < 2; times++) {
        const bare = await createBare({ words, netns: pod.path, network: { mode }, target });
        await bare.runnc('start', bare.id);
        await until('the guest serves', 60_000, () => bare.output().includes('serving'));
        expect(bare.output()).toContain('mac: 02:42:0a:04:00:02\n');
        expect(bare.output()).toContain('arguments: ip=10.4.0.2/24 gw=10.4.0.1 ip6=fd00:4::2/64 gw6=fd00:4::1');
        await until('the guest reaches others', 60_000, () => bare.output().includes('ping 192.0.2.1: answered'));
        for (const address of ['10.4.0.2', 'fd00:4::2']) await node.inside('busybox', 'ping', '-c', '1', '-W', '3', address);
        const get = (url: string) => node.inside('curl', '--silent', '--globoff', '--max-time', '10', url);
        expect(await get('http://10.4.0.2/')).toBe('Hello from a unikernel on the network');
        expect(await get('http://[fd00:4::2]/')).toBe('Hello from a unikernel on the network');
        // Nobody but the guest has the address.
        expect((await state()).addresses).not.toContain('10.4.0.2/24');
        const second = await createBare({ words, netns: pod.path, network: { mode: 'redirect' } });
        await expect(second.runnc('start', second.id)).rejects.toThrow(
          'the interface eth0 of this network namespace belongs to another unikernel already',
        );
        await bare.runnc('delete', '--force', bare.id);
        await expect.poll(state, settling).toEqual(before);
      }
    },
  );
}
