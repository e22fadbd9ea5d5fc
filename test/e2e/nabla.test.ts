/**
 * Images as the nabla project made them (nabla-containers/nabla-base-build, nabla-demo-apps and the tests of nabla-containers/runnc):
 * FROM scratch, the program at the top as NAME.nabla, its files beside it. Their programs are guests for the ABI of 2018 that read their command line as rumprun.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, inject, test } from 'vitest';
import { containers } from './containers.ts';
import type { Image } from './engine/docker.ts';
import { until } from './engine/until.ts';
import { emptySettings } from './etc-runnc.ts';
import { createBare, makeNamespace, plug } from './network/bundle.ts';

const { docker, buildImage } = containers();
const { configure } = emptySettings();
const guests = inject('guests');
const program = `${guests}/rumprun-args.legacy`;

const images: Readonly<Record<string, Image>> = {
  // nabla-node-base, and an application on top of it.
  node: {
    files: { '/node.nabla': program, '/home/node/app/app.js': Buffer.from('js') },
    workdir: '/home/node/app',
    entrypoint: ['/node.nabla', '/home/node/app/app.js'],
  },
  redis: {
    files: { '/redis-server.nabla': program, '/data/conf/redis.conf': Buffer.from('x') },
    entrypoint: ['/redis-server.nabla'],
    cmd: ['/data/conf/redis.conf'],
  },
  nginx: { files: { '/nginx.nabla': program }, cmd: ['/nginx.nabla', '-c', '/data/conf/nginx.conf'] },
  python: { files: { '/python.nabla': program }, env: { PYTHONHOME: '/' }, entrypoint: ['/python.nabla'] },
  // As the original's own tests: a name without a slash is looked for at the top.
  hello: { files: { '/test_hello.nabla': program, '/needle': Buffer.from('x') }, cmd: ['test_hello.nabla'] },
  disk: {
    files: { '/disk.nabla': `${guests}/legacy-devices.legacy`, '/deep/er/file': Buffer.from('needle-of-the-image') },
    entrypoint: ['/disk.nabla'],
  },
};

beforeAll(async () => {
  for (const [name, image] of Object.entries(images)) await buildImage(`nabla-${name}`, image);
});

async function run(name: string, args: readonly string[] = [], options: readonly string[] = []) {
  const { stdout, stderr, status } = await docker('run', '--rm', '--runtime=runnc', ...options, `nabla-${name}`, ...args);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const all = (key: string) => [...stdout.matchAll(new RegExp(`^${key}: <([^>]*)>$`, 'gm'))].map(([, value]) => value);
  return { stdout, args: all('arg'), env: all('env'), cwd: all('cwd')[0] ?? '/' };
}

test.each([
  ['node', [], ['/node.nabla', '/home/node/app/app.js'], '/home/node/app'],
  ['node', ['--port', '80 81'], ['/node.nabla', '/home/node/app/app.js', '--port', '80 81'], '/home/node/app'],
  ['redis', [], ['/redis-server.nabla', '/data/conf/redis.conf'], '/'],
  ['redis', ['--save', ''], ['/redis-server.nabla', '--save', ''], '/'],
  ['nginx', [], ['/nginx.nabla', '-c', '/data/conf/nginx.conf'], '/'],
  ['python', ['-c', 'print("it is")'], ['/python.nabla', '-c', 'print("it is")'], '/'],
  ['hello', [], ['test_hello.nabla'], '/'],
  ['hello', ['test_hello.nabla', '{"bla":"ble"}'], ['test_hello.nabla', '{"bla":"ble"}'], '/'],
  ['hello', ['test_hello.nabla', '{\\"bla\\":\\"ble\\"}'], ['test_hello.nabla', '{\\"bla\\":\\"ble\\"}'], '/'],
] as const)('%s %j: its arguments, its folder, its disk at /', async (name, given, args, cwd) => {
  const found = await run(name, given);
  expect({ args: found.args, cwd: found.cwd }).toEqual({ args, cwd });
  expect(found.stdout).toContain('blk: source=etfs path=/dev/ld0a fstype=blk mountpoint=/\n');
});

test('variables of the image and of -e, the folder of -w', async () => {
  const { env, cwd } = await run('python', [], ['-e', 'NABLA_ENV_TEST=bla ble', '-e', 'PYTHONPATH=/lib', '-w', '/srv/my app']);
  expect(env).toEqual(expect.arrayContaining(['PYTHONHOME=/', 'NABLA_ENV_TEST=bla ble', 'PYTHONPATH=/lib']));
  expect(cwd).toBe('/srv/my app');
});

test("the image's files are on its disk, with the name servers and hosts that Docker gave, and not the program", async () => {
  const { stdout } = await run('disk', ['info', 'find', 'needle-of-the-image', 'find', 'nameserver', 'find', 'nothing-such']);
  expect(stdout).toMatch(/^disk: 1 size: [1-9]\d* block: 512\n[\s\S]*\nfound\n[\s\S]*found\nnot found\n$/);
});

test('a root that it can write, of ext2 in blocks of 1 KiB, is one line of runnc.config', async () => {
  await buildImage('nabla-new', { files: { '/app.spt': `${guests}/rumprun-net.spt` }, entrypoint: ['/app.spt'] });
  expect((await run('new')).stdout).toContain('disk: <> iso9660\n');
  configure({ rootfs: 'ext2' });
  const { stdout } = await run('new');
  expect(stdout).toContain('disk: <> ext2, blocks of 1024\n');
  expect(stdout).toContain('fstype=blk mountpoint=/\n');
});

test('a program of Solo5 0.6 says version 1 of the ABI, which is that of today', async () => {
  const bytes = readFileSync(`${guests}/rumprun-net.spt`);
  // Behind the note's type and its owner's name: u32 target, u32 version (Solo5 elf_abi.h).
  const version = bytes.indexOf('ABI1') + 4 + 8 + 4;
  expect(bytes.readUInt32LE(version)).toBe(2);
  bytes.writeUInt32LE(1, version);
  await buildImage('nabla-solo5-0.6', { files: { '/app.spt': bytes }, entrypoint: ['/app.spt', 'a'] });
  expect((await run('solo5-0.6')).args).toEqual(['/app.spt', 'a']);
});

test('an address of IPv6 beside that of IPv4', async () => {
  await docker('network', 'create', '--ipv6', '--subnet', 'fd00:77::/64', 'nabla-six');
  try {
    const { stdout } = await run('hello', [], ['--network=nabla-six']);
    // Docker takes the next of its ranges that is free.
    const ranges = (await docker('network', 'inspect', '--format', '{{json .IPAM.Config}}', 'nabla-six')).stdout;
    const [, gateway = '', bits] = /"Subnet":"([\d.]+)\.0\/(\d+)"/.exec(ranges) ?? [];
    const ipv4 = `addr=${gateway}.2 mask=${bits} gw=${gateway}.1`;
    expect(stdout).toContain(`\nnet: if=ukvmif0 cloner=True type=inet method=static ${ipv4}\n`);
    expect(stdout).toMatch(/^net: if=ukvmif0 type=inet6 method=static addr=fd00:77::2 mask=64 gw=fd00:77::1$/m);
  } finally {
    await docker('network', 'rm', 'nabla-six');
  }
});

test('in a network without subnets (Calico): a prefix that it can take, and a gateway on its link', async () => {
  const pod = await makeNamespace();
  const node = await makeNamespace();
  await plug(node.path, 'cali0', pod.path, 'eth0', '10.65.0.2/32');
  await pod.inside('ip', 'address', 'add', '10.65.9.9/32', 'dev', 'eth0');
  await pod.inside('ip', 'route', 'add', '169.254.1.1', 'dev', 'eth0', 'scope', 'link');
  await pod.inside('ip', 'route', 'add', 'default', 'via', '169.254.1.1', 'dev', 'eth0');
  const annotations = { 'com.urunc.unikernel.unikernelType': 'rumprun' };
  const bare = await createBare({ words: ['a'], netns: pod.path, guest: 'rumprun-net', annotations });
  await bare.runnc('start', bare.id);
  await until('it has said all', 60_000, () => bare.output().includes('arg: <a>'));
  expect(
    bare
      .output()
      .split('\n')
      .filter((line) => line.startsWith('net:')),
  ).toEqual([
    expect.stringMatching(/^net: if=ukvmif0 cloner=True type=inet method=static addr=10\.65\.0\.2 mask=31/),
    expect.stringMatching(/^net: if=ukvmif0 type=inet method=static addr=10\.65\.9\.9 mask=\d+ gw=10\.65\.0\.3$/),
  ]);
});
