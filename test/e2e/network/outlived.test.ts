/** runnc killed while a program works for it, which goes on: `delete --force` comes after that program, and nothing is left. */
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, inject, test } from 'vitest';
import { until } from '../engine/until.ts';
import { createBare, makeNamespace, plug } from './bundle.ts';

/** Waits until this many milliseconds after it was called before it does what it was asked for. */
const delay = 0.7;

/**
 * Runs a command in which a program of the system takes its time; killed as soon as it has begun. The program itself goes on, and says
 * when it has ended.
 */
async function killedWhile(program: string, folder: string, command: readonly string[]): Promise<{ readonly ended: string }> {
  const place = (await execa('which', [program])).stdout;
  const [real, slow, begun, ended] = ['real', 'slow', 'begun', 'ended'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  copyFileSync(place, real);
  writeFileSync(
    slow,
    `#!/bin/bash\n: >${begun}\nsleep ${delay}\n(exec -a ${program} ${real} "$@")\ns=$?\n: >${ended}\nexit $s\n`,
  );
  chmodSync(slow, 0o755);
  const script = `mount --bind ${slow} ${place} && exec "$@"`;
  const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', ...command], { stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  await until(`${program} has begun`, 10_000, () => existsSync(begun));
  expect(existsSync(ended)).toBe(false);
  child.kill('SIGKILL');
  expect(await gone).toBe('SIGKILL');
  return { ended };
}

async function makePod() {
  const [host, pod] = [await makeNamespace(), await makeNamespace()];
  await plug(host.path, 'host', pod.path, 'eth0', '10.3.0.2/24');
  await pod.inside('ip', 'route', 'add', 'default', 'via', '10.3.0.1');
  await pod.inside('sysctl', '--quiet', '--write', 'net.ipv4.ip_forward=1');
  const state = async () => [
    await pod.inside('ip', '-brief', 'link'),
    await pod.inside('nft', 'list', 'ruleset'),
    await pod.inside('iptables', '-S', 'FORWARD'),
  ];
  // iptables makes its table with the first rule, and leaves it.
  for (const command of ['-A', '-D']) await pod.inside('iptables', command, 'FORWARD', '-i', 'nothing', '-j', 'ACCEPT');
  return { pod, state };
}

/** Both are run where the pod's namespace is the host's own: there are rules of iptables too. */
test.each(['nft', 'iptables'])('start is killed while %s runs', async (program) => {
  const { pod, state } = await makePod();
  const before = await state();
  const bare = await createBare({
    words: ['ip={ipv4}'],
    netns: pod.path,
    network: { hostNetwork: 'nat' },
    annotations: { 'org.runnc.network.ports': '80' },
  });
  const command = (...args: string[]) => [`--net=${pod.path}`, inject('runnc'), ...bare.command(...args)];
  const { ended } = await killedWhile(program, bare.folder, ['nsenter', ...command('start', bare.id)]);
  await execa('nsenter', command('delete', '--force', bare.id));
  // It may not have known that nobody waits for it any more.
  await until(`${program} has ended`, 10_000, () => existsSync(ended));
  expect(await state()).toEqual(before);
});
