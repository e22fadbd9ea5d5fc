/** Settings of a network namespace, when some of its unikernels start while others are deleted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { execa } from 'execa';
import { expect, inject, onTestFinished, test } from 'vitest';
import { until } from '../engine/until.ts';
import { createBare, makeNamespace, plug } from './bundle.ts';

/** A namespace with an interface that does not forward, and a folder of states for containers in there. */
async function makePod() {
  const [host, pod] = [await makeNamespace(), await makeNamespace()];
  await plug(host.path, 'host', pod.path, 'eth0', '10.6.0.2/24');
  await pod.inside('ip', 'route', 'add', 'default', 'via', '10.6.0.1');
  await pod.inside('sysctl', '--quiet', '--write', 'net.ipv4.conf.eth0.forwarding=0');
  const root = mkdtempSync('/run/runnc-settings-');
  onTestFinished(() => rmSync(root, { recursive: true }));
  const words = ['ip={ipv4}', 'gw={gateway4}'];
  return {
    inside: pod.inside,
    forwarding: async () => (await pod.inside('cat', '/proc/sys/net/ipv4/conf/eth0/forwarding')).trim(),
    create: (port: number) =>
      createBare({ words, netns: pod.path, root, annotations: { 'org.runnc.network.ports': `${port}:80` } }),
  };
}

test('one that starts while the last one is deleted has its setting, and gives back what was there at first', async () => {
  const { inside, forwarding, create } = await makePod();
  const [first, second] = [await create(8000), await create(8001)];
  await first.runnc('start', first.id);
  expect(await forwarding()).toBe('1');
  // Each request to the kernel takes its time to come back.
  const slow = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=sendto', '-e', 'inject=sendto:delay_exit=120000'];
  const deleted = execa('strace', [...slow, inject('runnc'), ...first.command('delete', '--force', first.id)]);
  await until('the tap is gone', 20_000, async () => !(await inside('cat', '/proc/net/dev')).includes('rn'));
  await second.runnc('start', second.id);
  await deleted;
  expect(await forwarding()).toBe('1');
  await second.runnc('delete', '--force', second.id);
  expect(await forwarding()).toBe('0');
});

test('many starts and deletes at once: whoever runs is forwarded to, and at the end the setting is as it was', async () => {
  const { inside, forwarding, create } = await makePod();
  const missed: string[] = [];
  const look = async (when: string) => {
    if ((await forwarding()) !== '1') missed.push(when);
  };
  const one = async (lane: number, round: number) => {
    const bare = await create(8000 + lane);
    await bare.runnc('start', bare.id);
    await look(`lane ${lane}, round ${round}: started`);
    // Each in a moment of its own, so that starts and deletes meet.
    await new Promise((resolve) => setTimeout(resolve, 7 * ((lane * 5 + round * 3) % 8)));
    await look(`lane ${lane}, round ${round}: to be deleted`);
    await bare.runnc('delete', '--force', bare.id);
  };
  const lane = async (number: number) => {
    for (let round = 0; round < 5; round++) await one(number, round);
  };
  await Promise.all([lane(0), lane(1), lane(2)]);
  expect(missed).toEqual([]);
  expect(await forwarding()).toBe('0');
  expect(await inside('nft', 'list', 'ruleset')).toBe('');
});
