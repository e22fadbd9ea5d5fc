/** What the kernel is told and asked over rtnetlink, by what iproute2 says of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { openNetlink } from '../../core/sys/netlink.ts';
import { interfacesIn } from '../../plugins/network-tap/interfaces.ts';
import { readAddresses } from '../../plugins/network-tap/rtnetlink/addresses.ts';
import { deleteLink, findLink, indexOf, makeLink, readLinks } from '../../plugins/network-tap/rtnetlink/links.ts';
import { readRoutes } from '../../plugins/network-tap/rtnetlink/routes.ts';
import { addIngress, deleteIngress, filtersOf, redirect } from '../../plugins/network-tap/rtnetlink/traffic.ts';

async function makeNamespace() {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-rtnetlink-'));
  const file = path.join(folder, 'net');
  writeFileSync(file, '');
  await execa('unshare', [`--net=${file}`, 'ip', 'link', 'set', 'lo', 'up']);
  const socket = await openNetlink(file);
  onTestFinished(async () => {
    socket.close();
    await execa('umount', ['--lazy', file]);
    rmSync(folder, { recursive: true });
  });
  const inside = async (line: string) => (await execa('nsenter', [`--net=${file}`, ...line.split(' ')])).stdout;
  return { socket, inside };
}

const none = new Uint8Array();

test('links, addresses and routes are what ip says', async () => {
  const { socket, inside } = await makeNamespace();
  makeLink(socket, 'eth0', 'bridge', none, { mtu: 1400, up: true });
  for (const line of [
    'address add 10.1.0.2/24 dev eth0',
    'address add 10.1.0.3 peer 10.2.0.1/32 dev eth0',
    'address add fd00:1:0:0:5::2/64 dev eth0 nodad',
    'route add default via 10.1.0.1 metric 50',
    'route add 10.4.0.0/14 via inet6 fe80::7 dev eth0',
    'route add 10.3.0.0/16 nexthop via 10.1.0.8 dev eth0 nexthop via 10.1.0.9 dev eth0',
    'route add 10.9.0.0/16 via 10.1.0.1 table 77',
    'route add blackhole 10.8.0.0/16',
    'route add 2001:db8::/32 via fd00:1::1',
  ]) {
    await inside(`ip ${line}`);
  }
  const [link] = JSON.parse(await inside('ip -json -details address show dev eth0'));
  const [eth0, ...others] = interfacesIn({
    links: readLinks(socket),
    addresses: readAddresses(socket),
    routes: readRoutes(socket),
  });
  expect(others).toEqual([]);
  expect(findLink(socket, 'eth0')).toMatchObject({ index: link.ifindex, kind: 'bridge', type: 1 });
  expect(eth0).toMatchObject({ name: 'eth0', mac: link.address, mtu: 1400, pointToPoint: false });
  expect(eth0?.addresses).toEqual(
    link.addr_info
      .filter(({ scope }: { scope: string }) => scope === 'global')
      .map(({ local, prefixlen }: { local: string; prefixlen: number }) => `${local}/${prefixlen}`),
  );
  expect(eth0?.routes).toEqual([
    { destination: '0.0.0.0/0', gateway: '10.1.0.1' },
    { destination: '10.3.0.0/16', gateway: '10.1.0.8' },
    { destination: '10.4.0.0/14', gateway: 'fe80::7' },
    { destination: '2001:db8::/32', gateway: 'fd00:1::1' },
  ]);
  expect(eth0?.implied).toEqual(['10.1.0.0/24', '10.2.0.1/32', 'fd00:1::/64']);
  expect(eth0?.messages.routes).toHaveLength(5);
});

test('queues and filters are what tc says, and go', async () => {
  const { socket, inside } = await makeNamespace();
  for (const name of ['a', 'b']) makeLink(socket, name, 'bridge', none);
  const [a, b] = [indexOf(socket, 'a'), indexOf(socket, 'b')];
  expect(filtersOf(socket, a)).toEqual([]);
  deleteIngress(socket, a);
  addIngress(socket, a);
  expect(filtersOf(socket, a)).toEqual([]);
  redirect(socket, a, b);
  expect(filtersOf(socket, a)).toEqual([{ target: b }]);
  const said = JSON.parse(await inside('tc -json filter show dev a ingress')) as {
    protocol: string;
    options?: { actions?: object[] };
  }[];
  expect(said.every(({ protocol }) => protocol === 'all')).toBe(true);
  expect(said.flatMap(({ options }) => options?.actions ?? [])).toMatchObject([
    { kind: 'mirred', mirred_action: 'redirect', direction: 'egress', to_dev: 'b', control_action: { type: 'stolen' } },
  ]);
  await inside('tc filter add dev a ingress pref 9 protocol ip u32 match ip dst 10.0.0.1/32 flowid :1');
  expect(filtersOf(socket, a)).toEqual(expect.arrayContaining([{ target: b }, { target: undefined }]));
  deleteIngress(socket, a);
  expect(await inside('tc qdisc show dev a')).not.toContain('ingress');
});

test('an error has the words of the kernel, and what is gone already is passed over', async () => {
  const { socket } = await makeNamespace();
  expect(() => makeLink(socket, 'x', 'nosuchkind', none)).toThrow('making the nosuchkind x: ENOTSUP (Unknown device type)');
  expect(() => indexOf(socket, 'y')).toThrow('there is no interface y any more');
  expect(findLink(socket, 'y')).toBeUndefined();
  deleteLink(socket, 'y');
});
