/** Docker's networks: by name, IPv6, two at once, shared namespaces, MTU. */
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { nothingLeft, traces } from '../engine/traces.ts';
import { until } from '../engine/until.ts';
import { buildNetworkImages, fetched, makeNetwork, ok, ping, serverNamed, startServer } from './helpers.ts';

const { docker, onHost, address } = connect();
const greeting = 'Hello from a unikernel on the network\n';

beforeAll(buildNetworkImages);

test('another container reaches it by name on a user-defined network', async () => {
  const network = await makeNetwork();
  const server = await startServer(['--network', network]);
  await server.says('serving');
  const { stdout } = ok(
    await docker('run', '--rm', '--network', network, 'busybox', 'wget', '-q', '-O', '-', `http://${server.name}/`),
  );
  expect(stdout).toBe(greeting);
});

test('IPv6: ping and HTTP', async () => {
  const network = await makeNetwork('--ipv6', '--subnet', 'fd00:55::/64');
  const server = await startServer(['--network', network]);
  const text = await server.says('serving');
  const ip = await server.address(network, 'GlobalIPv6Address');
  expect(text).toContain(`ip6=${ip}/64`);
  // The bridge itself may speak only when it has found out that nobody else has its address (RFC 4862, 5.4).
  await until('the guest answers', 60_000, async () => (await ping(ip, '-6', '-c', '1')).status === 0);
  expect(await fetched(`http://[${ip}]/`)).toBe(greeting);
});

test('two networks, the second by docker network connect before start', async () => {
  const [first, second] = [await makeNetwork(), await makeNetwork()];
  const name = `net-two-${process.pid}`;
  onTestFinished(async () => {
    await docker('rm', '--force', name);
  });
  const words = ['ip={service.ipv4}', 'gw={service.gateway4}', 'dev=management', 'ip={management.ipv4}'];
  ok(await docker('create', '--name', name, '--runtime=runnc', '--network', first, 'netserver-two', ...words));
  ok(await docker('network', 'connect', second, name));
  ok(await docker('start', name));
  const server = serverNamed(name);
  await server.says('serving');
  for (const network of [first, second]) {
    expect(await fetched(`http://${await server.address(network)}/`)).toBe(greeting);
  }
});

test('more interfaces than devices, and more devices than interfaces, are clear errors', async () => {
  const [first, second] = [await makeNetwork(), await makeNetwork()];
  const name = `net-more-${process.pid}`;
  onTestFinished(async () => {
    await docker('rm', '--force', name);
  });
  ok(await docker('create', '--name', name, '--runtime=runnc', '--network', first, 'netserver'));
  ok(await docker('network', 'connect', second, name));
  const { stderr, status } = await docker('start', name);
  expect(status).not.toBe(0);
  expect(stderr).toContain(
    'the container has eth0 and eth1, and the unikernel declares the network device service: nothing is behind eth1',
  );
  const fewer = await docker('run', '--rm', '--runtime=runnc', 'netserver-two');
  expect(fewer.stderr).toContain(
    'declares the network device management, and the container has no interface for it (it has eth0)',
  );
});

test.each([1400, 9000])('MTU %i', async (mtu) => {
  const network = await makeNetwork('--opt', `com.docker.network.driver.mtu=${mtu}`);
  const server = await startServer(['--network', network]);
  expect(await server.says('serving')).toContain(`mtu: ${mtu}\n`);
  const ip = await server.address(network);
  // A bridge's MTU is that of its ports, which are there only now. 28 bytes are the headers of IPv4 and ICMP.
  ok(await ping(ip, '-c', '2', '-s', String(mtu - 28)));
  expect(await fetched(`http://${ip}/bytes/1000000`)).toHaveLength(1_000_000);
});

test('--network container: of a Linux container, whose interface is free again afterwards', async () => {
  const before = await traces(address);
  const linux = `net-linux-${process.pid}`;
  onTestFinished(async () => {
    await docker('rm', '--force', linux);
  });
  ok(await docker('run', '-d', '--name', linux, 'busybox', 'sleep', '1000'));
  const ip = await serverNamed(linux).address();
  for (let times = 0; times < 2; times++) {
    const server = await startServer(['--network', `container:${linux}`]);
    await server.says('serving');
    expect(await fetched(`http://${ip}/`)).toBe(greeting);

    const second = await docker('run', '--rm', '--runtime=runnc', '--network', `container:${linux}`, 'netserver');
    expect(second.stderr).toContain('the interface eth0 of this network namespace belongs to another unikernel already');
    expect(await fetched(`http://${ip}/`)).toBe(greeting);

    ok(await docker('rm', '--force', server.name));
    const pid = ok(await docker('inspect', '--format', '{{.State.Pid}}', linux)).stdout.trim();
    const { stdout: links } = await onHost('nsenter', '-t', pid, '-n', 'ip', '-brief', 'link');
    expect(links.trim().split('\n')).toHaveLength(2);
    const { stdout: qdiscs } = await onHost('nsenter', '-t', pid, '-n', 'tc', 'qdisc', 'show', 'ingress');
    expect(qdiscs).toBe('');
    ok(await ping(ip, '-c', '1'));
  }
  ok(await docker('rm', '--force', linux));
  await nothingLeft(address, before);
});

test('--network container: of a unikernel is refused, and the first goes on', async () => {
  const first = await startServer();
  await first.says('serving');
  const { stderr } = await docker('run', '--rm', '--runtime=runnc', '--network', `container:${first.name}`, 'netserver');
  expect(stderr).toContain('the interface eth0 of this network namespace belongs to another unikernel already');
  expect(await fetched(`http://${await first.address()}/`)).toBe(greeting);
});

test('loss of packets is survived', async () => {
  const server = await startServer();
  await server.says('serving');
  const ip = await server.address();
  const drop = ['-m', 'statistic', '--mode', 'random', '--probability', '0.02', '-j', 'DROP'];
  for (const [chain, side] of [
    ['INPUT', '-s'],
    ['OUTPUT', '-d'],
  ] as const) {
    ok(await onHost('iptables', '-I', chain, side, ip, ...drop));
    onTestFinished(async () => {
      await onHost('iptables', '-D', chain, side, ip, ...drop);
    });
  }
  for (let times = 0; times < 20; times++) {
    expect((await fetched(`http://${ip}/bytes/200000`)).length).toBe(200_000);
  }
});
