/** A name server of somebody else in the guest's network namespace, as a sidecar of a pod has it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
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

test.each([
  ['redirect', false],
  ['routed', false],
  ['bridge', true],
  ['macvtap', true],
])(
  '%s: a name server at 127.0.0.1 is asked, and nothing else there is reached; that it can ask no others is warned of: %s',
  async (mode, mute) => {
    const pod = await makePod();
    const words2 = [...words, 'resolve=any.example', 'ping=127.0.0.1'];
    const bare = await createBare({ words: words2, netns: pod.path, network: { mode }, resolvConf });
    const log = path.join(mkdtempSync('/run/runnc-log-'), 'log');
    onTestFinished(() => rmSync(path.dirname(log), { recursive: true }));
    await bare.runnc('--log', log, 'start', bare.id);
    const said = existsSync(log) ? readFileSync(log, 'utf8') : '';
    const warning = /can ask nobody by eth0, whose address is the guest's alone in mode (bridge|macvtap)/;
    expect(said.split('\n').filter((line) => warning.test(line))).toHaveLength(mute ? 1 : 0);
    await until('the name is resolved', 60_000, () => bare.output().includes('resolve any.example: 192.0.2.77'));
    // An answer would have come at once.
    await sleep(500);
    expect(bare.output()).not.toContain('ping 127.0.0.1: answered');
  },
);

test('without anybody who listens there, the guest is told no name server and runs', async () => {
  const pod = await makePod();
  const bare = await createBare({ words, netns: pod.path, resolvConf: 'nameserver 127.0.0.9\nnameserver 10.4.0.53\n' });
  await bare.runnc('start', bare.id);
  await until('the guest serves', 60_000, () => bare.output().includes('serving'));
  expect(bare.output()).toContain('dns=10.4.0.53\n');
});
