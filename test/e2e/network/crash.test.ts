/** SIGKILL for `start` and `delete` between any two of their steps, in a namespace that goes on: `delete --force` leaves it as it was. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isAlive } from '../engine/processes.ts';
import { until } from '../engine/until.ts';
import { type Bare, createBare, makeNamespace, plug, settling } from './bundle.ts';
import { killedBefore, stepsOf } from './killed.ts';
import { startNameServer } from './name-server.ts';

const hasMacvtap = readFileSync('/proc/devices', 'latin1').includes(' macvtap\n');
const modes = ['redirect', 'routed', 'bridge', ...(hasMacvtap ? ['macvtap'] : []), 'nat'];

/** A namespace with a name server on its loopback, and all that there is to say about it. */
async function makePod() {
  const [host, pod] = [await makeNamespace(), await makeNamespace()];
  await plug(host.path, 'host', pod.path, 'eth0', '10.3.0.2/24');
  await pod.inside('ip', 'address', 'add', 'fd00:3::2/64', 'dev', 'eth0', 'nodad');
  await pod.inside('ip', 'route', 'add', 'default', 'via', '10.3.0.1');
  await pod.inside('sysctl', '--quiet', '--write', 'net.ipv4.conf.eth0.forwarding=0');
  await startNameServer(pod.path, '127.0.0.1');
  const shell = [
    "ip -details address | sed 's/ bridge_slave.*//; s/ promiscuity.*//; s/valid_lft.*//'",
    'ip rule; ip route show table all; ip -6 route show table all; ip neighbour show proxy; ip neighbour show nud permanent',
    'tc qdisc; nft list ruleset',
    'grep -r . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf 2>/dev/null',
  ];
  const state = () => pod.inside('sh', '-c', `${shell.join(';')}; true`);
  // Until duplicate address detection is over.
  await until('addresses are ready', 60_000, async () => !(await state()).includes('tentative'));
  return { pod, state };
}

/** Has one container after the other killed at `commandOf`, and looks whether `delete --force` leaves nothing; in two namespaces at once. */
async function killAtEachStep(mode: string, commandOf: (bare: Bare) => Promise<string[]>): Promise<void> {
  const lanes = 2;
  const killed = await Promise.all(Array.from({ length: lanes }, (_, lane) => killInPod(mode, commandOf, { lane, lanes })));
  expect(new Set(killed.flat()).size).toBeGreaterThan(2);
}

/** Every `lanes`-th step, from one on; returns what was left of them before `delete --force`. */
async function killInPod(
  mode: string,
  commandOf: (bare: Bare) => Promise<string[]>,
  { lane, lanes }: { readonly lane: number; readonly lanes: number },
): Promise<readonly string[]> {
  const { pod, state } = await makePod();
  const create = () => {
    const words = ['ip={ipv4}', 'dns={dns}'];
    const annotations = { 'org.runnc.network.ports': '80,7/udp' };
    return createBare({ words, netns: pod.path, network: { mode }, annotations, resolvConf: 'nameserver 127.0.0.1\n' });
  };
  const before = await state();
  const whole = await create();
  const steps = await stepsOf(await commandOf(whole));
  await whole.runnc('delete', '--force', whole.id);
  await expect.poll(state, settling).toBe(before);
  const left: string[] = [];
  for (const step of steps.filter((_, index) => index % lanes === lane)) {
    const bare = await create();
    await killedBefore(step, await commandOf(bare));
    left.push((await state()).replaceAll(/r[nbde][0-9a-f]{10}/g, ''));
    await bare.runnc('delete', '--force', bare.id);
    await expect.poll(state, { ...settling, message: `killed before ${step.text}` }).toBe(before);
  }
  return left;
}

test.each(modes)('start in mode %s', async (mode) => {
  await killAtEachStep(mode, async (bare) => bare.command('start', bare.id));
});

test.each(modes)('delete in mode %s', async (mode) => {
  await killAtEachStep(mode, async ({ id, pid, runnc, command }) => {
    await runnc('start', id);
    // How often it looks whether the guest has ended would not be the same each time.
    process.kill(pid, 'SIGKILL');
    await until('the guest has ended', 60_000, () => !isAlive(pid));
    return command('delete', '--force', id);
  });
});
