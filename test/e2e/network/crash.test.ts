/** SIGKILL for `start` and `delete` between any two of their steps, in a namespace that goes on: `delete --force` leaves it as it was. */
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { expect, inject, test } from 'vitest';
import { until } from '../engine/until.ts';
import { createBare, makeNamespace, plug } from './bundle.ts';

const hasMacvtap = readFileSync('/proc/devices', 'latin1').includes(' macvtap\n');
const words = ['ip={ipv4}'];

/** A namespace, and all that there is to say about it. */
async function makePod() {
  const [host, pod] = [await makeNamespace(), await makeNamespace()];
  await plug(host.path, 'host', pod.path, 'eth0', '10.3.0.2/24');
  await pod.inside('ip', 'address', 'add', 'fd00:3::2/64', 'dev', 'eth0', 'nodad');
  await pod.inside('ip', 'route', 'add', 'default', 'via', '10.3.0.1');
  const shell = [
    "ip -details address | sed 's/ bridge_slave.*//; s/ promiscuity.*//; s/valid_lft.*//'",
    'ip route show table all; ip -6 route show table all; ip neighbour show proxy; tc qdisc',
    'grep -r . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf 2>/dev/null',
  ];
  const state = () => pod.inside('sh', '-c', `${shell.join(';')}; true`);
  // Until duplicate address detection is over.
  await until('addresses are ready', 10_000, async () => !(await state()).includes('tentative'));
  return { pod, state };
}

/** What changes something outside of the process: requests over netlink, ioctls of taps, settings and files of ours, the last word to init. */
const effects = 'sendto,sendmsg,ioctl,write,pwrite64,rename,renameat,renameat2,unlink,rmdir,mknodat,fsmount';

/** Runs runnc and kills it before its n-th call of those; whether it came to its end. */
async function killedBefore(call: number, command: readonly string[]): Promise<boolean> {
  const trace = ['-qq', '-o', '/dev/null', '-e', `trace=${effects}`, '-e', `inject=${effects}:signal=KILL:when=${call}`];
  const { exitCode, signal, stderr } = await execa('strace', [...trace, inject('runnc'), ...command], { reject: false });
  if (exitCode !== 0 && signal !== 'SIGKILL' && exitCode !== 128 + 9) throw new Error(`ended with ${exitCode}: ${stderr}`);
  return exitCode === 0;
}

test.each(['redirect', 'routed', 'bridge', ...(hasMacvtap ? ['macvtap'] : [])])('start in mode %s', async (mode) => {
  const { pod, state } = await makePod();
  const before = await state();
  let changed = 0;
  for (let call = 1, done = false; !done; call++) {
    const bare = await createBare({ words, netns: pod.path, network: { mode } });
    done = await killedBefore(call, bare.command('start', bare.id));
    if ((await state()) !== before) changed += 1;
    await bare.runnc('delete', '--force', bare.id);
    expect(await state()).toBe(before);
  }
  expect(changed).toBeGreaterThan(5);
});

test('delete in mode bridge', async () => {
  const { pod, state } = await makePod();
  const before = await state();
  let changed = 0;
  for (let call = 1, done = false; !done; call++) {
    const bare = await createBare({ words, netns: pod.path, network: { mode: 'bridge' } });
    await bare.runnc('start', bare.id);
    done = await killedBefore(call, bare.command('delete', '--force', bare.id));
    if ((await state()) !== before) changed += 1;
    await bare.runnc('delete', '--force', bare.id);
    expect(await state()).toBe(before);
  }
  expect(changed).toBeGreaterThan(5);
});
