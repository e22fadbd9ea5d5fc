/** Images as urunc's tools make them (bunny, bunix: /urunc.json beside a program and its files), unchanged. */
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { missingForVm } from '../vm/run-in-vm.ts';
import { containers } from './containers.ts';
import { emptySettings, root, settings } from './etc-runnc.ts';
import { linuxImage } from './linux-image.ts';
import { buildService } from './multiboot-service.ts';
import { workplace } from './workplace.ts';

const { docker, buildImage } = containers();
const { configure } = emptySettings();
const place = workplace();
const guests = inject('guests');
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** As `LABEL` lines of a bunny file become /urunc.json: every value is base64. */
const uruncJson = (values: Readonly<Record<string, string>>, encode = base64) =>
  Buffer.from(
    JSON.stringify(
      Object.fromEntries(Object.entries(values).map(([key, value]) => [`com.urunc.unikernel.${key}`, encode(value)])),
    ),
  );

const disk = Buffer.alloc(128 * 512);
disk.write('a block image');

const rumprun = { unikernelType: 'rumprun', hypervisor: 'spt', binary: '/unikernel/redis.spt', unikernelVersion: '' };
const run = (image: string, ...args: string[]) => docker('run', '--rm', '--runtime=runnc', image, ...args);
const args = (stdout: string) => [...stdout.matchAll(/^arg: <(.*)>$/gm)].map(([, arg]) => arg);

beforeAll(async () => {
  const program = { '/unikernel/redis.spt': `${guests}/rumprun-net.spt` };
  // A bunny file of type "raw", of 2026: arguments are the image's CMD, its files are the disk.
  await buildImage('urunc-raw', {
    files: { ...program, '/conf/redis.conf': Buffer.from('x'), '/urunc.json': uruncJson({ ...rumprun, mountRootfs: 'true' }) },
    cmd: ['redis-server', '/data/conf/redis.conf'],
    env: { GREETING: 'a b' },
  });
  // One of before June 2025: the arguments are in the file, and there is no CMD.
  await buildImage('urunc-old', {
    files: {
      ...program,
      '/urunc.json': uruncJson({ ...rumprun, cmdline: "redis-server '/data/my conf'", useDMBlock: 'false' }),
    },
  });
  await buildImage('urunc-block', {
    files: {
      ...program,
      '/disk.img': disk,
      '/urunc.json': uruncJson({ ...rumprun, block: 'disk.img', blkMntPoint: '/mnt' }, (text) => `b64:${base64(text)}`),
    },
    cmd: ['redis-server'],
  });
  const mirage = { unikernelType: 'mirage', hypervisor: 'spt', binary: '/unikernel/app.spt' };
  await buildImage('urunc-mirage', {
    files: {
      '/unikernel/app.spt': `${guests}/mirage-net.spt`,
      '/urunc.json': uruncJson({ ...mirage, cmdline: '--hello="a b"', solo5NetDev: 'service' }),
    },
  });
  await buildImage('urunc-hvt', {
    files: {
      '/unikernel/redis.hvt': `${guests}/rumprun-net.hvt`,
      '/urunc.json': uruncJson({ ...rumprun, hypervisor: 'hvt', binary: '/unikernel/redis.hvt' }),
    },
    cmd: ['redis-server'],
  });
  await buildImage('urunc-wrong', {
    files: { ...program, '/urunc.json': uruncJson({ ...rumprun, hypervisor: 'firecracker' }) },
    cmd: ['redis-server'],
  });
});

test("rumprun: the image's files are its disk at /data, its CMD the arguments, its variables the environment", async () => {
  const { stdout, stderr, status } = await run('urunc-raw');
  expect({ status, stderr, args: args(stdout) }).toEqual({
    status: 0,
    stderr: '',
    args: ['redis-server', '/data/conf/redis.conf'],
  });
  expect(stdout).toContain('disk: <> iso9660\n');
  expect(stdout).toContain('blk: source=etfs path=/dev/ld0a fstype=blk mountpoint=/data\n');
  expect(stdout).toContain('env: <GREETING=a b>\n');
  expect(stdout).toMatch(/^net: if=ukvmif0 cloner=True type=inet method=static addr=172\./m);
});

test('arguments of `docker run` replace those of the image', async () => {
  expect(args((await run('urunc-raw', 'redis-server', '--port', '70 00')).stdout)).toEqual(['redis-server', '--port', '70 00']);
});

test("a command line in the metadata, with the word that urunc's manual gives to engines as a command", async () => {
  expect(args((await run('urunc-old', 'unikernel')).stdout)).toEqual(['redis-server', '/data/my conf']);
  expect(args((await run('urunc-old', 'redis-server', '/x')).stdout)).toEqual(['redis-server', '/x']);
});

test('a block image, mounted where the metadata says', async () => {
  const { stdout } = await run('urunc-block');
  expect(stdout).toContain('disk: <a block image>\n');
  expect(stdout).toContain('mountpoint=/mnt\n');
});

test('MirageOS: its network in its own options, and its arguments', async () => {
  const { stdout } = await run('urunc-mirage', 'unikernel');
  expect(stdout).toMatch(/^word: <--ipv4=172\.[\d.]+\/16>\n[\s\S]*word: <--hello=a b>\n$/);
});

test('a monitor that runnc has no tender for is refused with a sentence', async () => {
  expect(await run('urunc-wrong')).toMatchObject({
    status: 125,
    stderr: expect.stringContaining(
      'the image says that /unikernel/redis.spt is for "firecracker", and it is a Solo5 spt unikernel',
    ),
  });
});

const missing = existsSync('/dev/kvm') ? '' : ' (needs /dev/kvm)';
describe.skipIf(missing)(`on this machine's KVM${missing}`, () => {
  test('the monitor hvt', async () => {
    const { stdout, stderr, status } = await run('urunc-hvt');
    expect({ status, stderr, args: args(stdout) }).toEqual({ status: 0, stderr: '', args: ['redis-server'] });
    expect(stdout).toContain('disk: <> iso9660\n');
  });
});

test('the monitor qemu: a MirageOS unikernel for virtio, by the example plugin', async () => {
  const own = mkdtempSync(path.join(tmpdir(), 'runnc-virtio-'));
  try {
    const service = await buildService('virtio', own);
    await execa('objcopy', ['-I', 'elf32-i386', '-O', 'elf64-x86-64', service]);
    const metadata = { unikernelType: 'mirage', hypervisor: 'qemu', binary: '/unikernel/app' };
    const files = { '/unikernel/app': service, '/urunc.json': uruncJson(metadata) };
    await buildImage('urunc-virtio', { files, cmd: ['--hello=a'] });
  } finally {
    rmSync(own, { recursive: true });
  }
  expect((await run('urunc-virtio')).stderr).toContain('no tender that is loaded starts virtio programs');
  cpSync(path.join(root, 'examples/tender-qemu'), `${settings}/node_modules/runnc-plugin-qemu`, { recursive: true });
  configure({ plugins: [['runnc-plugin-qemu', { accel: 'tcg' }]] });
  const { stdout, status } = await run('urunc-virtio');
  const words = [...stdout.matchAll(/^word: <(.*)>\r?$/gm)].map(([, word]) => word);
  const told = [/^--ipv4=172\..*\/16$/, /^--ipv4-gateway=172\./, /^--ipv4-only=true$/].map((option) =>
    expect.stringMatching(option),
  );
  // Solo5 passes over the first word, which is the boot loader's name for the kernel.
  expect({ status, words }).toEqual({ status: 0, words: ['/unikernel', ...told, '--hello=a'] });
});

const linux = missingForVm();
describe.skipIf(linux)(`the monitor qemu${linux ? ` (needs ${linux})` : ''}`, () => {
  test('a Linux kernel with its initrd, by the example plugin', async () => {
    cpSync(path.join(root, 'examples/tender-qemu'), `${settings}/node_modules/runnc-plugin-qemu`, { recursive: true });
    configure({ plugins: [['runnc-plugin-qemu', { accel: 'tcg' }]] });
    const { files } = await linuxImage();
    const metadata = { unikernelType: 'linux', hypervisor: 'qemu', binary: '/vmlinuz', initrd: '/initrd.img', block: 'disk.img' };
    const image = { ...files, '/urunc.json': uruncJson({ ...metadata, blkMntPoint: '/' }) };
    await buildImage('urunc-qemu', { files: image, cmd: ['quiet', 'do=disk'] });
    const { stdout, status } = await docker('run', '--rm', '--runtime=runnc', '-m', '256m', '--network=none', 'urunc-qemu');
    expect({ stdout, status }).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/Linux says: .*console=ttyS0 panic=-1 quiet do=disk\r\n/),
    });
    expect(stdout).toContain('from the image. ');
  });
});

test('annotations, plain or base64, win over the file', async () => {
  const { annotations, files } = {
    annotations: { binary: base64('/rumprun-args'), cmdline: 'from-annotations a' },
    files: { hypervisor: 'spt', unikernelType: 'rumprun', binary: '/nowhere', cmdline: 'from-file' },
  };
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`com.urunc.unikernel.${key}`, value]));
  writeFileSync(path.join(place.rootfs, 'urunc.json'), uruncJson(files));
  const bundle = place.bundle('annotated', ['unikernel'], { annotations: prefixed });
  const { stdout, status } = await place.runnc(['run', '--bundle', bundle, 'annotated']);
  expect({ status, args: args(stdout) }).toEqual({ status: 0, args: ['from-annotations', 'a'] });
});
