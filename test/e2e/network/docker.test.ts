/** A unikernel on Docker's own bridge: reached as any container is, and nothing stays behind. */
import { existsSync } from 'node:fs';
import { beforeAll, expect, inject, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { nothingLeft, traces } from '../engine/traces.ts';
import { buildNetworkImages, fetched, manyRequests, ok, ping, startServer, udpEcho } from './helpers.ts';

const { docker, buildImage, onHost, address } = connect();
const greeting = 'Hello from a unikernel on the network\n';

beforeAll(buildNetworkImages);

test('docker run -p: HTTP from the host, by published port and by address; ping; UDP', async () => {
  const before = await traces(address);
  const server = await startServer(['-p', '18080:80']);
  const ip = await server.address();
  await server.says('serving');
  expect(await fetched('http://127.0.0.1:18080/')).toBe(greeting);
  expect(await fetched(`http://${ip}/`)).toBe(greeting);
  ok(await ping(ip, '-c', '3'));
  expect((await udpEcho(ip, 'echo this')).stdout).toBe('echo this');
  ok(await docker('rm', '--force', server.name));
  await nothingLeft(address, before);
});

test('the guest is told what Docker gave the container', async () => {
  const server = await startServer(['--mac-address', '02:42:aa:bb:cc:dd']);
  const text = await server.says('serving');
  expect(text).toContain('mac: 02:42:aa:bb:cc:dd\nmtu: 1500\n');
  const [ip, prefix, gateway] = await Promise.all(
    ['IPAddress', 'IPPrefixLen', 'Gateway'].map((field) => server.address('bridge', field)),
  );
  expect(text).toContain(`arguments: ip=${ip}/${prefix} gw=${gateway} `);
  ok(await ping(ip ?? '', '-c', '1'));
});

test('and name servers, search domains and host name', async () => {
  const options = ['--dns', '192.0.2.53', '--dns', '192.0.2.54', '--dns-search', 'example.org', '--hostname', 'web1'];
  const server = await startServer(options, ['ip={ipv4}', 'dns={dns}', 'search={search}', 'name={hostname}']);
  expect(await server.says('serving')).toContain(' dns=192.0.2.53,192.0.2.54 search=example.org name=web1\n');
});

test('1,000 requests, 50 at a time, without an error', async () => {
  const server = await startServer(['-p', '18081:80']);
  await server.says('serving');
  expect((await manyRequests('http://127.0.0.1:18081/', 1000, 50)).stdout).toBe('0\n');
});

test('100 MB arrive whole', async () => {
  const server = await startServer();
  await server.says('serving');
  const url = `http://${await server.address()}/bytes`;
  const size = async (bytes: number) =>
    await fetched(`${url}/${bytes}`, '--output', '/dev/null', '--write-out', '%{size_download}');
  expect(await size(100_000_000)).toBe('100000000');
  const text = await fetched(`${url}/300`);
  const body =
    greeting +
    Array.from({ length: 300 }, (_, at) => String((at % 251) % 10))
      .slice(greeting.length)
      .join('');
  expect(text).toBe(body);
});

test('a restarted container is on the network again', async () => {
  const server = await startServer(['-p', '18082:80']);
  await server.says('serving');
  for (let times = 0; times < 2; times++) {
    ok(await docker('restart', '--time', '1', server.name));
    expect(await fetched('http://127.0.0.1:18082/', '--retry', '5', '--retry-connrefused')).toBe(greeting);
  }
});

test('the guest reaches its gateway and other containers', async () => {
  const first = await startServer();
  await first.says('serving');
  const ip = await first.address();
  const gateway = await first.address('bridge', 'Gateway');
  const second = await startServer([], ['ip={ipv4}', 'gw={gateway4}', `ping=${ip}`, `ping=${gateway}`]);
  await second.says(`ping ${ip}: answered`);
  await second.says(`ping ${gateway}: answered`);
});

test('--network none: a guest without network devices runs, another is told what is missing', async () => {
  await buildImage('hello-alone', { files: { '/hello': `${inject('guests')}/hello.spt` }, entrypoint: ['/hello'] });
  const alone = await docker('run', '--rm', '--runtime=runnc', '--network', 'none', 'hello-alone');
  expect(alone).toMatchObject({ status: 0, stdout: expect.stringContaining('Hello from a unikernel') });
  const { stderr, status } = await docker('run', '--rm', '--runtime=runnc', '--network', 'none', 'netserver');
  expect(stderr).toContain('declares the network device service, and the container has no interface for it');
  expect(status).toBe(125);
});

test("--network host is refused, as the guest would take the host's interfaces", async () => {
  const { stderr, status } = await docker('run', '--rm', '--runtime=runnc', '--network', 'host', 'netserver');
  expect(stderr).toContain("the container is to use the host's network");
  expect(status).toBe(125);
  ok(await onHost('ip', 'link', 'show', 'docker0'));
});

test.skipIf(!existsSync('/dev/kvm'))('an hvt guest: HTTP by published port, ping, and nothing stays behind', async () => {
  const before = await traces(address);
  const server = await startServer(['-p', '18083:80'], undefined, 'netserver-hvt');
  await server.says('serving');
  expect(await fetched('http://127.0.0.1:18083/')).toBe(greeting);
  ok(await ping(await server.address(), '-c', '2'));
  ok(await docker('rm', '--force', server.name));
  await nothingLeft(address, before);
});

test('with runnc on Node: by published port, and nothing stays behind', async () => {
  const before = await traces(address);
  const server = await startServer(['-p', '18084:80'], undefined, 'netserver', 'runnc-node');
  await server.says('serving');
  expect(await fetched('http://127.0.0.1:18084/')).toBe(greeting);
  ok(await docker('rm', '--force', server.name));
  await nothingLeft(address, before);
});

test('50 containers on one bridge at once', async () => {
  const before = await traces(address);
  const servers = await Promise.all(Array.from({ length: 50 }, () => startServer()));
  for (const server of servers) {
    expect(await fetched(`http://${await server.address()}/`, '--retry', '5', '--retry-connrefused')).toBe(greeting);
  }
  ok(await docker('rm', '--force', ...servers.map(({ name }) => name)));
  await nothingLeft(address, before, 30_000);
}, 300_000);
