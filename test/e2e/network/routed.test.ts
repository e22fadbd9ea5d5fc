/** Mode routed: a node set up as Calico does it (/32 and /128, gateway 169.254.1.1, no subnet anywhere), in namespaces of the test. */
import { expect, test } from 'vitest';
import { until } from '../engine/until.ts';
import { createBare, makeNamespace, plug, settling } from './bundle.ts';
import { busybox } from './busybox.ts';
import { makeTunnel } from './tunnel.ts';

type Inside = (program: string, ...args: string[]) => Promise<string>;
const gateway = '169.254.1.1';
const low = '8.8.8.8';
const high = '198.51.100.7';
// As netserver writes them.
const farIpv6 = '2001:db8:9:0:0:0:0:1';

const ping = (inside: Inside, address: string) => inside(busybox, 'ping', '-c', '1', '-W', '3', address);
const settings = async (inside: Inside, ...lines: string[]) => await inside('sysctl', '--quiet', '--write', ...lines);

/** The node: it answers for the gateway on every link, has hosts in both halves of the Internet, and routes among its pods. */
async function makeNode() {
  const node = await makeNamespace();
  for (const address of [low, high, gateway, farIpv6]) await node.inside('ip', 'address', 'add', address, 'dev', 'lo');
  await settings(node.inside, 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
  return node;
}

async function addPod(
  node: Awaited<ReturnType<typeof makeNode>>,
  netns: string,
  inside: Inside,
  link: string,
  ipv4: string,
  ipv6: string,
) {
  await plug(node.path, link, netns, 'eth0', `${ipv4}/32`);
  await settings(node.inside, `net.ipv4.conf.${link}.proxy_arp=1`, `net.ipv4.neigh.${link}.proxy_delay=0`);
  await node.inside('ip', 'route', 'add', ipv4, 'dev', link, 'scope', 'link');
  await node.inside('ip', 'route', 'add', ipv6, 'dev', link);
  await node.inside('ip', 'address', 'add', 'fe80::ee/64', 'dev', link, 'nodad');
  await inside('ip', 'route', 'add', gateway, 'dev', 'eth0', 'scope', 'link');
  await inside('ip', 'route', 'add', 'default', 'via', gateway, 'dev', 'eth0');
  await inside('ip', 'address', 'add', `${ipv6}/128`, 'dev', 'eth0', 'nodad');
  await inside('ip', 'route', 'add', 'default', 'via', 'fe80::ee', 'dev', 'eth0');
}

test('as Calico: every destination is reached, and reaches the guest', async () => {
  const node = await makeNode();
  // The first is what the guest believes to be its gateway.
  const neighbours = [
    ['10.65.0.3', '2001:db8:0:0:0:0:0:3'],
    ['10.65.0.66', '2001:db8:0:0:0:0:0:66'],
  ] as const;
  const pods = [];
  for (const [index, [ipv4, ipv6]] of neighbours.entries()) {
    const pod = await makeNamespace();
    await addPod(node, pod.path, pod.inside, `cali${index + 1}`, ipv4, ipv6);
    pods.push(pod);
  }
  const own = await makeNamespace();
  await addPod(node, own.path, own.inside, 'cali0', '10.65.0.2', '2001:db8::2');
  const state = async () =>
    (
      await Promise.all([
        own.inside('ip', 'address'),
        own.inside('ip', 'route', 'show', 'table', 'all'),
        own.inside('ip', 'rule'),
        own.inside('tc', 'qdisc'),
        own.inside('sh', '-c', 'grep -r . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf 2>/dev/null; true'),
      ])
    )
      .join('\n')
      .replaceAll(/valid_lft.*/g, '');
  // Until duplicate address detection is over.
  await until('addresses are ready', 60_000, async () => !(await own.inside('ip', 'address')).includes('tentative'));
  const before = await state();
  const asked = [low, high, gateway, ...neighbours.map(([ipv4]) => ipv4), farIpv6, ...neighbours.map(([, ipv6]) => ipv6)];
  const words = ['ip={ipv4}', 'gw={gateway4}', 'ip6={ipv6}', 'gw6={gateway6}', ...asked.map((address) => `ping=${address}`)];
  const bare = await createBare({ words, netns: own.path });
  await bare.runnc('start', bare.id);
  await until('the guest serves', 60_000, () => bare.output().includes('serving'));
  expect(bare.output()).toContain('arguments: ip=10.65.0.2/31 gw=10.65.0.3 ip6=2001:db8::2/128 gw6=fe80::1');
  for (const address of asked) {
    await until(`${address} answers`, 60_000, () => bare.output().includes(`ping ${address}:`));
    expect(bare.output()).toContain(`ping ${address}: answered`);
  }
  for (const inside of [node.inside, ...pods.map((pod) => pod.inside)]) {
    await ping(inside, '10.65.0.2');
    await ping(inside, '2001:db8::2');
    expect(await inside('curl', '--silent', '--max-time', '5', 'http://10.65.0.2/')).toContain('Hello');
    expect(await inside('curl', '--silent', '--globoff', '--max-time', '5', 'http://[2001:db8::2]/')).toContain('Hello');
  }
  for (const source of [low, high]) await node.inside(busybox, 'ping', '-c', '1', '-W', '3', '-I', source, '10.65.0.2');
  await bare.runnc('delete', '--force', bare.id);
  await expect.poll(state, settling).toBe(before);
});

test.each(['a default route', 'only a way to the other end'])('a point-to-point interface, with %s', async (kind) => {
  const [node, pod] = [await makeNamespace(), await makeNamespace()];
  await makeTunnel(node.path, pod.path, 'tun0');
  const sides = [
    [node.inside, '10.9.0.1', '10.9.0.2'],
    [pod.inside, '10.9.0.2', '10.9.0.1'],
  ] as const;
  for (const [inside, own, peer] of sides) {
    await inside('ip', 'address', 'add', own, 'peer', peer, 'dev', 'tun0');
    await inside('ip', 'link', 'set', 'tun0', 'up');
  }
  await node.inside('ip', 'address', 'add', low, 'dev', 'lo');
  const hasDefault = kind === 'a default route';
  if (hasDefault) await pod.inside('ip', 'route', 'add', 'default', 'dev', 'tun0');
  const state = async () => `${await pod.inside('ip', 'route', 'show', 'table', 'all')}\n${await pod.inside('ip', 'address')}`;
  const before = await state();
  const asked = hasDefault ? ['10.9.0.1', low] : ['10.9.0.1'];
  const words = ['ip={ipv4}', hasDefault ? 'gw={gateway4}' : 'gw=10.9.0.3', ...asked.map((address) => `ping=${address}`)];
  const bare = await createBare({ words, netns: pod.path });
  await bare.runnc('start', bare.id);
  await until('the guest serves', 60_000, () => bare.output().includes('serving'));
  expect(bare.output()).toContain('arguments: ip=10.9.0.2/31 gw=10.9.0.3');
  for (const address of asked)
    await until(`${address} answers`, 60_000, () => bare.output().includes(`ping ${address}: answered`));
  await ping(node.inside, '10.9.0.2');
  expect(await node.inside('curl', '--silent', '--max-time', '5', 'http://10.9.0.2/')).toContain('Hello');
  await bare.runnc('delete', '--force', bare.id);
  await expect.poll(state, settling).toBe(before);
});
