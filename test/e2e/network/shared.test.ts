/** Several in one network namespace, as the containers of a pod: each unikernel has its ports, and Linux programs have the rest. */
import { execa } from 'execa';
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { nothingLeft, traces } from '../engine/traces.ts';
import { until } from '../engine/until.ts';
import { createBare, makeNamespace, plug } from './bundle.ts';
import {
  buildNetworkImages,
  curl,
  fetched,
  makeNetwork,
  ok,
  ping,
  type Server,
  serverNamed,
  startServer,
  udpEcho,
} from './helpers.ts';

const { docker, onHost, address } = connect();
const greeting = 'Hello from a unikernel on the network\n';
const words = ['ip={ipv4}', 'gw={gateway4}', 'dns={dns}'];
let count = 0;

beforeAll(buildNetworkImages);

/** A Linux container, in whose network namespace others will be; it serves its own files at port 7000. */
async function startLinux(...options: string[]): Promise<Server> {
  const name = `shared-${process.pid}-${++count}`;
  onTestFinished(async () => {
    await docker('rm', '--force', name);
  });
  ok(await docker('run', '-d', '--name', name, ...options, 'busybox', 'httpd', '-f', '-p', '7000'));
  return serverNamed(name);
}

const joined = (server: Server, ports?: string) => [
  '--network',
  `container:${server.name}`,
  ...(ports === undefined ? [] : ['-e', `RUNNC_NETWORK_PORTS=${ports}`]),
];

/** What a network namespace looks like from within. */
async function stateOf(pid: string): Promise<string> {
  const show = async (...command: string[]) => (await execa('nsenter', ['-t', pid, '-n', ...command])).stdout;
  return [
    await show('ip', '-brief', 'link'),
    await show('ip', '-4', 'address'),
    await show('ip', '-4', 'route', 'show', 'table', 'all'),
    await show('ip', 'neighbour', 'show', 'nud', 'permanent'),
    await show('tc', 'qdisc'),
    await show('nft', 'list', 'ruleset'),
    await show('sh', '-c', 'grep -r . /proc/sys/net/ipv4/conf'),
  ].join('\n');
}

const pidOf = async ({ name }: Server) => ok(await docker('inspect', '--format', '{{.State.Pid}}', name)).stdout.trim();

test('two unikernels beside a Linux program: each is reached at its ports, and all reach each other', async () => {
  const network = await makeNetwork();
  const linux = await startLinux('--network', network, '-p', '18100:80');
  const pid = await pidOf(linux);
  const ip = await linux.address(network);
  const before = await stateOf(pid);
  const gateway = await linux.address(network, 'Gateway');
  const first = await startServer(joined(linux, '80,7/udp'), [...words, `resolve=${linux.name}`, `ping=${gateway}`]);
  const second = await startServer(joined(linux, '81:80'), [...words, `ping=${ip}`]);
  await first.says(`resolve ${linux.name}: ${ip}\n`);
  await first.says(`ping ${gateway}: answered`);
  await second.says(`ping ${ip}: answered`);
  expect(await fetched('http://127.0.0.1:18100/')).toBe(greeting);
  const inside = async (...command: string[]) => (await execa('nsenter', ['-t', pid, '-n', ...command])).stdout;
  const reached = async (port: number) => {
    expect(await fetched(`http://${ip}:${port}/`)).toBe(greeting);
    // The Linux container's own programs have the loopback, as in a pod.
    expect(`${await inside('curl', '--silent', `http://127.0.0.1:${port}/`)}\n`).toBe(greeting);
    expect(`${await inside('curl', '--silent', `http://${ip}:${port}/`)}\n`).toBe(greeting);
  };
  await reached(80);
  await reached(81);
  expect((await udpEcho(ip, 'echo this')).stdout).toBe('echo this');
  expect(await fetched(`http://${ip}:7000/dnsd.conf`, '--output', '/dev/null', '--write-out', '%{http_code}')).toBe('404');
  ok(await ping(ip, '-c', '1'));

  ok(await docker('rm', '--force', first.name));
  await reached(81);
  ok(await docker('rm', '--force', second.name));
  expect(await stateOf(pid)).toBe(before);
});

test('what is claimed twice is refused, with the name of the one that has it', async () => {
  const linux = await startLinux();
  const idOf = async ({ name }: Server) => ok(await docker('inspect', '--format', '{{.Id}}', name)).stdout.trim();
  const refused = async (...options: string[]) => {
    const { stderr, status } = await docker('run', '--rm', '--runtime=runnc', ...options, 'netserver');
    expect(status).toBe(125);
    return stderr;
  };
  const first = await startServer(joined(linux, '80'));
  await first.says('serving');
  const id = await idOf(first);
  expect(await refused(...joined(linux, '81,80'))).toContain(
    `the port 80/tcp of this network namespace belongs to the container ${id}`,
  );
  expect(await refused(...joined(linux))).toContain(`the container ${id} has a share of this network namespace (ports 80/tcp)`);
  expect(await refused(...joined(linux, '7000'))).toContain(
    'at the port 7000/tcp of this network namespace a program listens already',
  );
  expect(await refused(...joined(linux, 'http'))).toContain('the variable RUNNC_NETWORK_PORTS has "http", which is no port');
  expect(await fetched(`http://${await linux.address()}/`)).toBe(greeting);
  ok(await docker('rm', '--force', first.name));

  const whole = await startServer(joined(linux));
  await whole.says('serving');
  expect(await refused(...joined(linux, '80'))).toContain(
    `the interface eth0 of this network namespace belongs to the container ${await idOf(whole)}`,
  );
  expect(await refused(...joined(linux))).toContain(await idOf(whole));
  expect(await fetched(`http://${await linux.address()}/`)).toBe(greeting);
});

test('of two that claim a port at once, one has it', async () => {
  const linux = await startLinux();
  const names = [1, 2].map((number) => `shared-${process.pid}-race-${number}`);
  onTestFinished(async () => {
    await docker('rm', '--force', ...names);
  });
  const run = (name: string) => docker('run', '-d', '--name', name, '--runtime=runnc', ...joined(linux, '80'), 'netserver');
  const results = await Promise.all(names.map(run));
  const failed = results.filter(({ status }) => status !== 0);
  expect(failed.length).toBe(1);
  for (const { stderr } of failed) expect(stderr).toContain('the port 80/tcp of this network namespace belongs to the container');
});

test('a unikernel in the namespace of a unikernel', async () => {
  const before = await traces(address);
  const first = await startServer(['--runtime=runnc-nat', '-e', 'RUNNC_NETWORK_PORTS=80', '-p', '18101:80', '-p', '18102:81']);
  const second = await startServer(joined(first, '81:80'));
  await first.says('serving');
  await second.says('serving');
  for (let times = 0; times < 2; times++) {
    expect(await fetched('http://127.0.0.1:18101/')).toBe(greeting);
    expect(await fetched('http://127.0.0.1:18102/')).toBe(greeting);
    ok(await docker('restart', '--time', '1', second.name));
    await until('it serves again', 60_000, async () => (await curl('http://127.0.0.1:18102/')).stdout === greeting);
  }
  ok(await docker('rm', '--force', second.name));
  expect(await fetched('http://127.0.0.1:18101/')).toBe(greeting);
  ok(await docker('rm', '--force', first.name));
  await nothingLeft(address, before);
});

test('--network host, where it is allowed: a share of the host’s network', async () => {
  // Docker keeps a name for the host's namespace from the first such container on.
  ok(await docker('run', '--rm', '--network', 'host', 'busybox', 'true'));
  const before = await traces(address);
  const firewall = async () =>
    `${(await onHost('nft', 'list', 'tables')).stdout}${(await onHost('iptables', '-S', 'FORWARD')).stdout}`;
  const rulesBefore = await firewall();
  const linux = await startLinux();
  const ip = await linux.address();
  const options = ['--runtime=runnc-nat', '--network', 'host', '-e', 'RUNNC_NETWORK_PORTS=18103:80'];
  const guest = await startServer(options, ['ip={ipv4}', 'gw={gateway4}', `ping=${ip}`]);
  await guest.says(`ping ${ip}: answered`);
  const gateway = await linux.address('bridge', 'Gateway');
  expect(await fetched('http://127.0.0.1:18103/')).toBe(greeting);
  expect(await fetched(`http://${gateway}:18103/`)).toBe(greeting);
  const { stdout } = ok(await docker('exec', linux.name, '/busybox', 'wget', '-q', '-O', '-', `http://${gateway}:18103/`));
  expect(stdout).toBe(greeting);
  const second = await docker('run', '--rm', ...options, 'netserver');
  expect(second.stderr).toContain('the port 18103/tcp of this network namespace belongs to the container');
  expect(await fetched('http://127.0.0.1:18103/')).toBe(greeting);
  ok(await docker('rm', '--force', guest.name, linux.name));
  await nothingLeft(address, before);
  expect(await firewall()).toBe(rulesBefore);
});

test('a start that is killed at any moment leaves nothing, and the other guest goes on', async () => {
  const host = await makeNamespace();
  const pod = await makeNamespace();
  await plug(host.path, 'host', pod.path, 'eth0', '10.5.0.2/24');
  await host.inside('ip', 'address', 'add', '10.5.0.1/24', 'dev', 'host');
  await pod.inside('ip', 'route', 'add', 'default', 'via', '10.5.0.1');
  const ports = { 'org.runnc.network.ports': '80' };
  const state = async () =>
    [
      await pod.inside('ip', '-brief', 'link'),
      await pod.inside('ip', '-4', 'route', 'show', 'table', 'all'),
      await pod.inside('nft', 'list', 'ruleset'),
      await pod.inside('sh', '-c', 'grep -r . /proc/sys/net/ipv4/conf'),
    ].join('\n');
  const empty = await state();
  const first = await createBare({ words, netns: pod.path, annotations: ports });
  await first.runnc('start', first.id);
  const before = await state();
  expect(before).not.toBe(empty);
  let connected = 0;
  for (let milliseconds = 10; milliseconds < 90 || (connected === 0 && milliseconds < 1000); milliseconds += 5) {
    const bare = await createBare({ words, netns: pod.path, annotations: { 'org.runnc.network.ports': '81:80' } });
    const start = { reject: false, timeout: milliseconds, killSignal: 'SIGKILL' } as const;
    await execa(inject('runnc'), bare.command('start', bare.id), start);
    if ((await state()) !== before) connected += 1;
    await bare.runnc('delete', '--force', bare.id);
    expect(await state()).toBe(before);
  }
  expect(connected).toBeGreaterThan(0);
  expect(`${await host.inside('curl', '--silent', 'http://10.5.0.2/')}\n`).toBe(greeting);
  await first.runnc('delete', '--force', first.id);
  expect(await state()).toBe(empty);
});
