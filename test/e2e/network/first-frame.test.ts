/** The first frames of a guest: what is sent to it from the moment in which its device is connected arrives. */
import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { execFifo } from '../../../core/state/record.ts';
import { until } from '../engine/until.ts';
import { createBare, makeNamespace, plug } from './bundle.ts';

const own = '10.3.0.1';

/** A namespace with an interface whose other end counts the requests for a hardware address that come from there. */
async function makePod() {
  const [host, pod] = [await makeNamespace(), await makeNamespace()];
  await plug(host.path, 'host', pod.path, 'eth0', '10.3.0.2/24');
  await host.inside('ip', 'address', 'add', `${own}/24`, 'dev', 'host');
  const rules =
    'table netdev t { chain c { type filter hook ingress device "host" priority 0; arp operation request counter; }; }';
  await host.inside('nft', rules);
  const requests = async () => Number(/packets (\d+)/.exec(await host.inside('nft', 'list', 'table', 'netdev', 't'))?.[1]);
  return { netns: pod.path, requests };
}

test('the answer to its first request is not lost', async () => {
  const { netns, requests } = await makePod();
  for (let round = 0; round < 10; round++) {
    const bare = await createBare({ words: ['ip={ipv4}', `ping=${own}`], netns });
    const before = await requests();
    await bare.runnc('start', bare.id);
    // It asks as soon as it has begun, and again after 200 ms.
    await until('it is answered', 10_000, () => bare.output().includes(`ping ${own}: answered`));
    expect((await requests()) - before, `round ${round}`).toBe(1);
    await bare.runnc('delete', '--force', bare.id);
  }
});

test('a start after one that was killed gives the guest the tap that is there', async () => {
  const bare = await createBare({ words: ['ip=10.9.0.2/24'], network: { unmatched: 'ignore', wait: 0 } });
  process.kill(bare.pid, 'SIGSTOP');
  const first = spawn(inject('runnc'), bare.command('start', bare.id), { stdio: 'ignore' });
  const gone = new Promise((resolve) => first.once('exit', (_, signal) => resolve(signal)));
  // Then it has handed over all that the guest gets.
  await until('it waits for the guest', 10_000, () => openFiles(first.pid).some((file) => file.endsWith(`/${execFifo}`)));
  first.kill('SIGKILL');
  expect(await gone).toBe('SIGKILL');
  process.kill(bare.pid, 'SIGCONT');
  await bare.runnc('start', bare.id);
  await until('it serves', 5000, () => bare.output().includes('serving'));
  const links = await bare.inside('ip', '-brief', 'link', 'show', 'type', 'tun');
  expect(links).toMatch(/^rn\S+ .*LOWER_UP/);
});

function openFiles(pid = 0): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(path.join(folder, name))];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
}
