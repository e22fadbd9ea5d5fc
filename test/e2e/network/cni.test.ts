/** The reference CNI plugins (Debian: containernetworking-plugins), called as engines call them: the guest is on the network that they made. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../engine/until.ts';
import { createBare, makeNamespace, plug } from './bundle.ts';

const folder = ['/usr/lib/cni', '/opt/cni/bin'].find((each) => existsSync(path.join(each, 'host-local'))) ?? '';
const missing = folder === '' ? ' (needs the CNI plugins)' : '';
const greeting = 'Hello from a unikernel on the network';
const words = ['ip={ipv4}', 'gw={gateway4}', 'ip6={ipv6}', 'gw6={gateway6}'];

interface CniResult {
  readonly ips: readonly { readonly address: string; readonly gateway: string }[];
}

/** A host with a network made by a list of plugins; pods are added to it and removed as CNI's specification has it. */
async function makeCluster(plugins: readonly object[]) {
  const host = await makeNamespace();
  await host.inside('sysctl', '--quiet', '--write', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
  const data = mkdtempSync(path.join(tmpdir(), 'runnc-cni-'));
  onTestFinished(() => rmSync(data, { recursive: true }));
  const ranges = [[{ subnet: '10.88.0.0/24' }], [{ subnet: 'fd00:88::/64' }]];
  const ipam = { type: 'host-local', dataDir: data, ranges, routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }] };
  const call = async (command: 'ADD' | 'DEL', netns: string, id: string, type: string, config: object) => {
    const [program, ...args] = ['nsenter', `--net=${host.path}`, path.join(folder, type)] as const;
    const env = { CNI_COMMAND: command, CNI_CONTAINERID: id, CNI_NETNS: netns, CNI_IFNAME: 'eth0', CNI_PATH: folder };
    return (await execa(program, args, { env, input: JSON.stringify(config) })).stdout;
  };
  const configured = plugins.map((plugin, index) => ({
    cniVersion: '0.4.0',
    name: 'test',
    ...(index === 0 ? { ipam } : {}),
    ...plugin,
  })) as unknown as readonly { readonly type: string }[];
  let count = 0;
  return {
    host,
    async addPod() {
      const pod = await makeNamespace();
      const id = `pod-${process.pid}-${++count}`;
      let result: CniResult | undefined;
      for (const config of configured) {
        const answer = await call('ADD', pod.path, id, config.type, { ...config, ...(result ? { prevResult: result } : {}) });
        result = JSON.parse(answer) as CniResult;
      }
      const addresses = (result?.ips ?? []).map(({ address }) => address.split('/')[0] ?? '');
      const remove = async () => {
        for (const config of configured.toReversed())
          await call('DEL', pod.path, id, config.type, { ...config, prevResult: result });
      };
      return { ...pod, addresses, gateways: (result?.ips ?? []).map(({ gateway }) => gateway), remove };
    },
  };
}

const url = (address: string) => `http://${address.includes(':') ? `[${address}]` : address}/`;

describeKind('bridge', { type: 'bridge', bridge: 'cni0', isGateway: true }, 'qdisc ingress');
describeKind('ptp', { type: 'ptp' }, 'proxy');

/** `shown` is what tells the mode: of a queue in mode `redirect`, of neighbours in mode `routed`. */
function describeKind(type: string, plugin: object, shown: string): void {
  test.skipIf(missing)(
    `${type}: host, other pods and the guest reach each other; DEL is as with any container${missing}`,
    async () => {
      const cluster = await makeCluster([plugin]);
      const [pod, other] = [await cluster.addPod(), await cluster.addPod()];
      // The kernel answers for an address only when it has found out that nobody else has it.
      const tentative = async (inside: typeof pod.inside) => (await inside('ip', 'address')).includes('tentative');
      await until('addresses are ready', 60_000, async () => !((await tentative(other.inside)) || (await tentative(pod.inside))));
      const asked = [...pod.gateways, ...other.addresses];
      const bare = await createBare({ words: [...words, ...asked.map((address) => `ping=${address}`)], netns: pod.path });
      await bare.runnc('start', bare.id);
      await until('the guest serves', 60_000, () => bare.output().includes('serving'));
      const wiring = `${await pod.inside('tc', 'qdisc')}\n${await pod.inside('ip', '-4', 'neighbour', 'show', 'proxy')}`;
      expect(wiring).toContain(shown);
      for (const address of pod.addresses) {
        for (const inside of [cluster.host.inside, other.inside]) {
          const fetch = () =>
            inside('curl', '--silent', '--globoff', '--max-time', '5', '--retry', '3', '--retry-all-errors', url(address));
          expect(await fetch()).toBe(greeting);
        }
      }
      for (const [index] of asked.entries()) {
        await until(`${asked[index]} answers`, 60_000, () => bare.output().split(': answered').length > index + 1);
      }
      await bare.runnc('delete', '--force', bare.id);
      await cluster.host.inside('busybox', 'ping', '-c', '1', '-W', '3', pod.addresses[0] ?? '');
      await pod.remove();
      expect(await pod.inside('ip', '-brief', 'link')).not.toContain('eth0');
      await other.remove();
    },
  );
}

test.skipIf(missing)(`portmap: a port of the host leads to the guest${missing}`, async () => {
  const mapped = { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }] };
  const cluster = await makeCluster([
    { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: true },
    { type: 'portmap', capabilities: { portMappings: true }, runtimeConfig: mapped },
  ]);
  const pod = await cluster.addPod();
  const bare = await createBare({ words, netns: pod.path });
  await bare.runnc('start', bare.id);
  await until('the guest serves', 60_000, () => bare.output().includes('serving'));
  const outside = await makeNamespace();
  await execaLink(cluster.host.path, outside.path);
  expect(await outside.inside('curl', '--silent', '--max-time', '5', 'http://192.0.2.1:8080/')).toBe(greeting);
  await bare.runnc('delete', '--force', bare.id);
  await pod.remove();
});

/** A machine on another network of the host's. */
async function execaLink(host: string, outside: string): Promise<void> {
  await plug(host, 'lan', outside, 'eth0', '192.0.2.2/24');
  await execa('nsenter', [`--net=${host}`, 'ip', 'address', 'add', '192.0.2.1/24', 'dev', 'lan']);
}
