/** Each mode that `auto` does not take by itself, through Docker: as reachable as any container, and nothing stays behind. */
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { nothingLeft, traces } from '../engine/traces.ts';
import { until } from '../engine/until.ts';
import { buildNetworkImages, fetched, makeNetwork, manyRequests, ok, ping, startServer, udpEcho } from './helpers.ts';

const { docker, address } = connect();
const greeting = 'Hello from a unikernel on the network\n';
const hasMacvtap = readFileSync('/proc/devices', 'latin1').includes(' macvtap\n');
const modes = [
  ['bridge', 'netserver', true],
  ['macvtap', 'netserver', hasMacvtap],
  ['routed', 'netserver', true],
  ['macvtap', 'netserver-hvt', hasMacvtap && existsSync('/dev/kvm')],
] as const;

beforeAll(buildNetworkImages);

for (const [index, [mode, image, possible]] of modes.entries()) {
  test.skipIf(!possible)(`${mode}, ${image}: ports, names, ping, UDP, IPv6, many requests, a restart`, async () => {
    const network = await makeNetwork('--ipv6', '--subnet', `fd00:6${index}::/64`);
    const before = await traces(address);
    const port = 18100 + index;
    const options = ['--network', network, '--mac-address', '02:42:aa:bb:cc:dd', '-p', `${port}:80`];
    const server = await startServer(options, undefined, image, `runnc-${mode}`);
    expect(await server.says('serving')).toContain('mac: 02:42:aa:bb:cc:dd\n');
    const [ip, ip6] = [await server.address(network), await server.address(network, 'GlobalIPv6Address')];
    for (let times = 0; times < 2; times++) {
      await until('the guest answers', 60_000, async () => (await ping(ip6, '-6', '-c', '1')).status === 0);
      for (const url of [`http://127.0.0.1:${port}/`, `http://${ip}/`, `http://[${ip6}]/`]) {
        expect(await fetched(url, '--retry', '5', '--retry-connrefused')).toBe(greeting);
      }
      ok(await ping(ip, '-c', '2'));
      if (times === 0) ok(await docker('restart', '--time', '1', server.name));
    }
    expect((await udpEcho(ip, 'echo this')).stdout).toBe('echo this');
    const fetch = ['run', '--rm', '--network', network, 'busybox', 'wget', '-q', '-O', '-', `http://${server.name}/`];
    expect(ok(await docker(...fetch)).stdout).toBe(greeting);
    const [total, atOnce] = image === 'netserver' ? [1000, 50] : [100, 10];
    expect((await manyRequests(`http://127.0.0.1:${port}/`, total, atOnce)).stdout).toBe('0\n');
    ok(await docker('rm', '--force', server.name));
    await nothingLeft(address, before);
  });
}

test.each(['bridge', ...(hasMacvtap ? ['macvtap'] : [])])(
  '%s: MTU 9000, in the namespace of a Linux container that has its address back afterwards',
  async (mode) => {
    const network = await makeNetwork('--opt', 'com.docker.network.driver.mtu=9000');
    const linux = await startServer(['--network', network], ['sleep', '1000'], 'busybox', 'runc');
    const ip = await linux.address(network);
    const server = await startServer(['--network', `container:${linux.name}`], undefined, 'netserver', `runnc-${mode}`);
    expect(await server.says('serving')).toContain('mtu: 9000\n');
    ok(await ping(ip, '-c', '1', '-s', '8972'));
    expect(await fetched(`http://${ip}/bytes/1000000`)).toHaveLength(1_000_000);
    ok(await docker('rm', '--force', server.name));
    ok(await ping(ip, '-c', '1'));
    const [gateway = ''] = (await linux.address(network, 'Gateway')).split('\n');
    ok(await docker('exec', linux.name, '/busybox', 'ping', '-c', '1', '-W', '3', gateway));
  },
);
