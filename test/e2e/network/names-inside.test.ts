/** A name server of somebody else in the guest's network namespace, as a sidecar of a pod has it; and what a crash leaves. */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, inject, test } from 'vitest';
import { until } from '../engine/until.ts';
import { createBare, makeNamespace, plug } from './bundle.ts';
import { startNameServer } from './name-server.ts';

const words = ['ip={ipv4}', 'gw={gateway4}', 'dns={dns}'];
const resolvConf = 'nameserver 127.0.0.1\nsearch example\n';

/** A namespace with an interface, a gateway and a name server on its loopback. */
async function makePod() {
  const host = await makeNamespace();
  const pod = await makeNamespace();
  await plug(host.path, 'host', pod.path, 'eth0', '10.4.0.2/24');
  await host.inside('ip', 'address', 'add', '10.4.0.1/24', 'dev', 'host');
  await pod.inside('ip', 'route', 'add', 'default', 'via', '10.4.0.1');
  await startNameServer(pod.path, '127.0.0.1');
  return pod;
}

test.each(['redirect', 'routed', 'bridge', 'macvtap'])(
  '%s: a name server at 127.0.0.1 is asked, and nothing else there is reached',
  async (mode) => {
    const pod = await makePod();
    const words2 = [...words, 'resolve=any.example', 'ping=127.0.0.1'];
    const bare = await createBare({ words: words2, netns: pod.path, network: { mode }, resolvConf });
    await bare.runnc('start', bare.id);
    await until('the name is resolved', 5000, () => bare.output().includes('resolve any.example: 192.0.2.77'));
    // An answer would have come at once.
    await sleep(500);
    expect(bare.output()).not.toContain('ping 127.0.0.1: answered');
  },
);

test('without anybody who listens there, the guest is told no name server and runs', async () => {
  const pod = await makePod();
  const bare = await createBare({ words, netns: pod.path, resolvConf: 'nameserver 127.0.0.9\nnameserver 10.4.0.53\n' });
  await bare.runnc('start', bare.id);
  await until('the guest serves', 5000, () => bare.output().includes('serving'));
  expect(bare.output()).toContain('dns=10.4.0.53\n');
});

test('a start that is killed at any moment leaves nothing of it', async () => {
  const pod = await makePod();
  const state = async () =>
    [
      await pod.inside('ip', '-brief', 'link'),
      await pod.inside('ip', '-4', 'route', 'show', 'table', 'all'),
      await pod.inside('tc', 'qdisc', 'show'),
      await pod.inside('nft', 'list', 'ruleset'),
    ].join('\n');
  const before = await state();
  let connected = 0;
  for (let milliseconds = 10; milliseconds < 90 || (connected === 0 && milliseconds < 1000); milliseconds += 5) {
    const bare = await createBare({ words, netns: pod.path, resolvConf });
    await execa(inject('runnc'), bare.command('start', bare.id), {
      reject: false,
      timeout: milliseconds,
      killSignal: 'SIGKILL',
    });
    if ((await pod.inside('nft', 'list', 'ruleset')) !== '') connected += 1;
    await bare.runnc('delete', '--force', bare.id);
    expect(await state()).toBe(before);
  }
  expect(connected).toBeGreaterThan(0);
});
