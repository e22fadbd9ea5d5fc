/** examples/tender-qemu, a plugin of somebody else's: installed as its page says, and used through Docker. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { missingForVm } from '../vm/run-in-vm.ts';
import { containers } from './containers.ts';
import { clientEnvironment } from './engine/docker.ts';
import { nothingLeft, traces } from './engine/traces.ts';
import { commands, emptySettings, follow, root, settings } from './etc-runnc.ts';
import { linuxImage } from './linux-image.ts';
import { buildKernel } from './multiboot-kernel.ts';

const MiB = 2 ** 20;
const { docker, buildImage, onHost, address, must, inspect, pidOf, says } = containers();
const { folder, configure } = emptySettings();
const example = path.join(root, 'examples/tender-qemu');

let built = '';
beforeAll(async () => {
  built = path.dirname(await buildKernel());
  await buildImage('multiboot', {
    files: { '/kernel': path.join(built, 'kernel'), '/note.txt': Buffer.from('a module') },
    entrypoint: ['/kernel'],
  });
});
afterAll(() => rmSync(built, { recursive: true }));

test('its page, word for word', async () => {
  const own = path.join(folder(), 'example');
  cpSync(example, own, { recursive: true });
  const { stdout } = await follow(commands('examples/tender-qemu/README.md', 'From nothing to a container'), own, address);
  expect(stdout).toContain('/etc/runnc/runnc.config.yaml: right');
  expect(stdout).toContain('Hello from a multiboot kernel');
  expect(stdout).toContain('command line: <0 is it so>');
  expect(readFileSync(path.join(example, 'README.md'), 'utf8')).toContain(/memory: \d+/.exec(stdout)?.[0] ?? 'no memory');
});

describe('a multiboot kernel', () => {
  beforeEach(() => {
    cpSync(example, `${settings}/node_modules/runnc-plugin-qemu`, { recursive: true });
    configure({ plugins: [['runnc-plugin-qemu', { accel: 'tcg' }]] });
  });
  const run = (args: readonly string[], options: readonly string[] = []) =>
    docker('run', '--rm', '--runtime=runnc', ...options, 'multiboot', ...args);

  test.each([0, 1, 43, 255])('ends with status %i, and leaves nothing', async (status) => {
    const before = await traces(address);
    expect((await run([String(status)])).status).toBe(status);
    await nothingLeft(address, before);
  });

  test.each(['microvm', 'q35'])('boots on %s', async (machine) => {
    configure({
      plugins: [['runnc-plugin-qemu', { accel: 'tcg' }]],
      images: [{ match: '/kernel', use: { options: { 'tender-qemu': { machine } } } }],
    });
    const { stdout, status } = await run(['3', 'a  b', '"c"']);
    expect({ stdout, status }).toEqual({ stdout: expect.stringContaining('command line: <3 a  b "c">'), status: 3 });
  });

  test("has what the container's limit leaves, and is refused what is too little", async () => {
    const memory = async (limit: string) => Number(/memory: (\d+)/.exec((await run(['0'], ['-m', limit])).stdout)?.[1]);
    const [small, large] = [await memory('128m'), await memory('256m')];
    expect(small).toBeGreaterThan(40 * MiB);
    expect(small).toBeLessThan(48 * MiB);
    expect(large).toBeGreaterThan(168 * MiB);
    expect(large).toBeLessThan(176 * MiB);
    const refused = await run(['0'], ['-m', '64m']);
    expect(refused.stderr).toContain('qemu needs most itself, and leaves the kernel 0 MiB; raise the limit (docker run -m)');
  });

  test('has its module from the image, wherever links there lead, and no other file', async () => {
    expect((await run([], ['--env', 'RUNNC_INITRD=/note.txt'])).stdout).toContain('module: a module\n');
    await buildImage('module-link', {
      files: { '/kernel': path.join(built, 'kernel'), '/x': Buffer.from('') },
      entrypoint: ['/kernel'],
      env: { RUNNC_INITRD: '/../../etc/hostname-of-nobody' },
    });
    const { stderr, status } = await docker('run', '--rm', '--runtime=runnc', 'module-link');
    expect({ stderr, status }).toMatchObject({
      stderr: expect.stringContaining(
        '"/../../etc/hostname-of-nobody" is not in the image; it is to be loaded beside the program',
      ),
      status: 125,
    });
  });

  test('stops at once, and runs in a sandbox of nothing but what qemu needs', async () => {
    const before = await traces(address);
    const id = await must('run', '--detach', '--runtime=runnc', 'multiboot', 'sleep');
    try {
      await says(id, 'sleeping');
      const pid = await pidOf(id);
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      for (const line of [/^CapEff:\t0+$/m, /^CapBnd:\t0+$/m, /^NoNewPrivs:\t1$/m, /^Seccomp:\t2$/m])
        expect(status).toMatch(line);
      // The container's profile, and qemu's own.
      expect(Number(/^Seccomp_filters:\t(\d+)$/m.exec(status)?.[1])).toBeGreaterThan(1);
      expect(readdirSync(`/proc/${pid}/root`).sort()).toEqual(['lib', 'lib64', 'unikernel', 'usr']);
      expect(readdirSync(`/proc/${pid}/root/usr/bin`)).toEqual(['qemu-system-x86_64']);
      const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trimEnd().split('\n');
      expect(mounts.filter((line) => !/^\S+ \S+ \S+ \S+ \S+ ro,nosuid,/.test(line))).toEqual([]);
      const started = performance.now();
      await must('stop', '--time', '20', id);
      expect(performance.now() - started).toBeLessThan(10_000);
      expect(await inspect(id, 'State.ExitCode')).toBe(0);
    } finally {
      await docker('rm', '--force', id);
    }
    await nothingLeft(address, before);
  });

  test('of an image that says it is something else is refused', async () => {
    await buildImage('other', {
      files: { '/kernel': path.join(built, 'kernel'), '/runnc.json': Buffer.from('{"unikernel": "linux"}') },
      entrypoint: ['/kernel'],
    });
    const { stderr } = await docker('run', '--rm', '--runtime=runnc', 'other');
    expect(stderr).toContain('program "/kernel" is a 32-bit ELF file');
  });

  test('without the plugin is refused as before', async () => {
    configure({});
    const { stderr, status } = await run([]);
    expect({ stderr, status }).toMatchObject({ stderr: expect.stringContaining('"/kernel" is a 32-bit ELF file'), status: 125 });
  });

  test('without qemu is an error that says what to install', async () => {
    configure({ plugins: [['runnc-plugin-qemu', { path: '/usr/bin/qemu-of-nobody' }]] });
    const { stderr } = await run([]);
    expect(stderr).toContain('/usr/bin/qemu-of-nobody cannot be executed: ENOENT');
    expect(stderr).toContain('install qemu-system-x86');
  });
});

const linux = missingForVm();
describe.skipIf(linux)(`Debian's kernel${linux ? ` (needs ${linux})` : ''}`, () => {
  beforeAll(async () => {
    await buildImage('linux-kernel', await linuxImage());
  });
  beforeEach(() => {
    cpSync(example, `${settings}/node_modules/runnc-plugin-qemu`, { recursive: true });
    configure({ plugins: [['runnc-plugin-qemu', { accel: 'tcg' }]] });
  });
  let count = 0;
  const named = (): string => {
    const name = `linux-${process.pid}-${++count}`;
    onTestFinished(async () => {
      await docker('rm', '--force', name);
    });
    return name;
  };
  const run = (args: readonly string[], options: readonly string[] = []) =>
    docker('run', '--rm', '--name', named(), '--runtime=runnc', ...options, 'linux-kernel', ...args);

  test('boots with its initial root file system, its memory and a disk, and powers off with status 0', async () => {
    const { stdout, status } = await run(['do=disk'], ['-m', '256m', '--network=none', '--env', 'RUNNC_BLOCK_disk=/disk.img']);
    expect({ stdout, status }).toMatchObject({ status: 0 });
    // What it is told of its clocks, then the option `append`, then the arguments: the last of them wins.
    expect(stdout).toMatch(
      /Linux says: no_timer_check (tsc_early_khz=\d+ tsc=reliable )?console=ttyS0 panic=-1 quiet do=disk\r\n/,
    );
    expect(stdout).toContain('disk\r\nfrom the image. \r\n');
    const memory = Number(/memory: (\d+)/.exec(stdout)?.[1]);
    expect(memory).toBeGreaterThan(100 * MiB);
    expect(memory).toBeLessThan(176 * MiB);
  });

  test('has the address of the container, answers its network, and reaches it', async () => {
    const id = await must('run', '--detach', '--runtime=runnc', '--hostname=web', 'linux-kernel', 'do=wait');
    try {
      // Translated, on a busy machine, it has taken half a minute.
      await says(id, 'waiting', 60_000);
      const { IPAddress: address, MacAddress: mac } = (await inspect(id, 'NetworkSettings.Networks.bridge')) as Record<
        string,
        string
      >;
      const { stdout } = await docker('logs', id);
      expect(stdout).toContain(`address: ${address}/16 ${mac}`);
      expect(stdout).toContain(`ip=${address}::172.`);
      expect(stdout).toContain(':255.255.0.0:web:eth0:off');
      expect((await onHost('ping', '-c', '2', '-W', '10', address ?? '')).status).toBe(0);
      const started = performance.now();
      await must('stop', '--time', '20', id);
      expect(performance.now() - started).toBeLessThan(10_000);
    } finally {
      await docker('rm', '--force', id);
    }
    const { stdout } = await run(['do=gateway']);
    expect(stdout).toContain('1 packets received');
  });

  test('keeps what it writes to a disk of the host', async () => {
    const disk = path.join(folder(), 'disk.img');
    writeFileSync(disk, Buffer.alloc(4096, 'from the host.  '));
    configure({
      plugins: [
        ['runnc-plugin-qemu', { accel: 'tcg' }],
        ['block-raw', { devices: { disk: `host:${disk}` } }],
      ],
    });
    expect((await run(['do=disk'], ['--network=none'])).stdout).toContain('from the host.  ');
    expect(readFileSync(disk, 'latin1').slice(512, 528)).toBe('written by Linux');
  });

  test.each([
    ['ends with the status that it writes', ['do=end', 'status=21'], 43],
    ['ends with 1 when it panics', ['do=panic'], 1],
  ])('%s', async (_, args, status) => {
    expect((await run(args, ['--network=none'])).status).toBe(status);
  });

  test('boots on microvm, where its disk is no PCI device', async () => {
    configure({ plugins: [['runnc-plugin-qemu', { accel: 'tcg', machine: 'microvm' }]] });
    const { stdout, status } = await run(['do=disk'], ['--network=none', '--env', 'RUNNC_BLOCK_disk=/disk.img']);
    expect({ stdout, status }).toEqual({ stdout: expect.stringContaining('disk\r\nfrom the image. \r\n'), status: 0 });
  });

  test('has standard input on its console', async () => {
    const args = ['run', '--rm', '-i', '--name', named(), '--runtime=runnc', '--network=none', 'linux-kernel', 'do=echo'];
    const client = execa(address.programs.docker, args, { env: clientEnvironment(address), timeout: 100_000, reject: false });
    let said = '';
    client.stdout.on('data', (chunk: Uint8Array) => {
      // What comes before the kernel has opened its console is nobody's. The serial port writes byte by byte: a chunk may end within a word.
      said += String(chunk);
      if (said.includes('listening') && client.stdin.writable) client.stdin.end('a line\n');
    });
    expect((await client).stdout).toContain('read: a line');
  });
});
