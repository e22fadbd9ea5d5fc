/** Docker's name server, which listens inside of the container's network namespace: a guest asks it all the same. */
import { execa } from 'execa';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { nothingLeft, traces } from '../engine/traces.ts';
import { buildNetworkImages, fetched, makeNetwork, ok, type Server, serverNamed, startServer } from './helpers.ts';
import { startNameServer } from './name-server.ts';

const { docker, address } = connect();
const words = ['ip={ipv4}', 'gw={gateway4}', 'dns={dns}'];
const greeting = 'Hello from a unikernel on the network\n';
let count = 0;

beforeAll(buildNetworkImages);

/** A Linux container that does nothing but have a name. */
async function startLinux(network: string): Promise<Server> {
  const name = `names-${process.pid}-${++count}`;
  onTestFinished(async () => {
    await docker('rm', '--force', name);
  });
  ok(await docker('run', '-d', '--name', name, '--network', network, 'busybox', 'sleep', '1000'));
  return serverNamed(name);
}

test('names of other containers, also of one that comes later; and nothing is left', async () => {
  const network = await makeNetwork();
  const before = await traces(address);
  const first = await startLinux(network);
  const later = `names-${process.pid}-later`;
  const asked = [`resolve=${first.name}`, `resolve=tcp:${first.name}`, `resolve=${later}`];
  const guest = await startServer(['--network', network], [...words, ...asked]);
  await guest.says(`resolve ${first.name}: ${await first.address(network)}\n`);
  await guest.says(`resolve tcp:${first.name}: ${await first.address(network)}\n`);
  expect(await guest.logs()).toContain('dns=169.254.53.53 ');
  onTestFinished(async () => {
    await docker('rm', '--force', later);
  });
  ok(await docker('run', '-d', '--name', later, '--network', network, 'busybox', 'sleep', '1000'));
  await guest.says(`resolve ${later}: ${await serverNamed(later).address(network)}\n`);
  ok(await docker('rm', '--force', first.name, later, guest.name));
  await nothingLeft(address, before);
});

test('unikernels find each other, and names of the world outside are asked for by way of the guest’s own interface', async () => {
  const network = await makeNetwork();
  await startNameServer(address.network, '0.0.0.0');
  const other = await startServer(['--network', network]);
  const asked = [`resolve=${other.name}`, 'resolve=outside.example'];
  const guest = await startServer(
    ['--network', network, '--dns', await other.address(network, 'Gateway')],
    [...words, ...asked, `ping=${await other.address(network)}`],
  );
  await guest.says(`resolve ${other.name}: ${await other.address(network)}\n`);
  await guest.says('resolve outside.example: 192.0.2.77\n');
  await guest.says(`ping ${await other.address(network)}: answered`);
});

test.each(['runnc', 'runnc-bridge', 'runnc-macvtap'])(
  '%s: on a network without a gateway, where the guest looks for the name server on its link',
  async (runtime) => {
    const network = await makeNetwork('--internal');
    const first = await startLinux(network);
    const guest = await startServer(['--network', network, `--runtime=${runtime}`], [...words, `resolve=${first.name}`]);
    await guest.says(`resolve ${first.name}: ${await first.address(network)}\n`);
  },
);

test.each(['runnc-routed', 'runnc-nat'])(
  '%s: names of both worlds, by UDP and TCP, and the guest’s own questions to the same server',
  async (runtime) => {
    const network = await makeNetwork();
    const before = await traces(address);
    await startNameServer(address.network, '0.0.0.0');
    const first = await startLinux(network);
    const gateway = await first.address(network, 'Gateway');
    const options = ['--network', network, '--dns', gateway, `--runtime=${runtime}`, '-e', 'RUNNC_NETWORK_PORTS=80'];
    const asked = [first.name, `tcp:${first.name}`, 'outside.example', 'tcp:outside.example'].map((name) => `resolve=${name}`);
    const guest = await startServer(options, [...words, ...asked, `ping=${gateway}`]);
    await guest.says(`resolve ${first.name}: ${await first.address(network)}\n`);
    await guest.says(`resolve tcp:${first.name}: ${await first.address(network)}\n`);
    await guest.says('resolve outside.example: 192.0.2.77\n');
    await guest.says('resolve tcp:outside.example: 192.0.2.77\n');
    await guest.says(`ping ${gateway}: answered`);
    const alone = await startServer(options, ['ip={ipv4}', 'gw={gateway4}', `dns=${gateway}`, 'resolve=own.example']);
    await alone.says('resolve own.example: 192.0.2.77\n');
    for (const server of [guest, alone]) expect(await fetched(`http://${await server.address(network)}/`)).toBe(greeting);
    ok(await docker('rm', '--force', first.name, guest.name, alone.name));
    await nothingLeft(address, before);
  },
);

test('in the namespace of a Linux container, which is as before when the guest is gone', async () => {
  const network = await makeNetwork();
  const linux = await startLinux(network);
  const pid = ok(await docker('inspect', '--format', '{{.State.Pid}}', linux.name)).stdout.trim();
  const state = async () => {
    const show = async (...command: string[]) => (await execa('nsenter', ['-t', pid, '-n', ...command])).stdout;
    return [
      await show('ip', '-brief', 'address'),
      await show('ip', 'route', 'show', 'table', 'all'),
      await show('tc', 'qdisc'),
      await show('nft', 'list', 'ruleset'),
      await show('ip', 'neighbour', 'show', 'nud', 'permanent'),
    ].join('\n');
  };
  const before = await state();
  for (let times = 0; times < 2; times++) {
    const guest = await startServer(['--network', `container:${linux.name}`], [...words, `resolve=${linux.name}`]);
    await guest.says(`resolve ${linux.name}: ${await linux.address(network)}\n`);
    ok(await docker('rm', '--force', guest.name));
    expect(await state()).toBe(before);
  }
});
