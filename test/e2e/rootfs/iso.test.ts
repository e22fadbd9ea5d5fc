/** The root file system as an ISO 9660 image, as a guest sees it that reads it block by block. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { connect } from '../engine/connect.ts';
import { nothingLeft, traces } from '../engine/traces.ts';
import { type BundleOptions, makeBundle } from './bundle.ts';
import { linesOf, sumOf } from './listing.ts';

const { docker, buildImage, address } = connect();
const run = (...args: string[]) => docker('run', '--runtime=runnc', ...args);
const bundle = (options: Omit<BundleOptions, 'guest'>) => makeBundle({ guest: 'list-iso', ...options });
const large = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) >> 3));

beforeAll(async () => {
  const files = {
    '/list-iso': path.join(inject('guests'), 'list-iso.spt'),
    '/etc/app.conf': Buffer.from('setting = 1\n'),
    '/srv/dev/kept': Buffer.from('kept'),
    '/srv/large': large,
  };
  await buildImage('list-iso', { files, entrypoint: ['/list-iso'] });
});

test('through Docker: the files of the image, those that Docker makes, and nothing left afterwards', async () => {
  const before = await traces(address);
  const listed = await run(
    '--rm',
    '--hostname',
    'iso-host',
    '--dns',
    '192.0.2.53',
    'list-iso',
    'list',
    'read',
    '/etc/resolv.conf',
  );
  expect(listed).toMatchObject({ stderr: '', status: 0 });
  const paths = listed.stdout
    .split('\n')
    .filter((line) => /^\d{5,6} /.test(line))
    .map((line) => line.split(' ')[6]);
  expect(paths).toEqual([
    ...['/.dockerenv', '/etc', '/etc/app.conf', '/etc/hostname', '/etc/hosts', '/etc/mtab', '/etc/resolv.conf'],
    ...['/srv', '/srv/dev', '/srv/dev/kept', '/srv/large'],
  ]);
  expect(listed.stdout).toContain('nameserver 192.0.2.53');
  expect(listed.stdout).toContain(` 200000 ${sumOf(large)} /srv/large\n`);
  expect((await run('--rm', '--hostname', 'iso-host', 'list-iso', 'read', '/etc/hostname')).stdout).toBe('iso-host\n');
  expect((await run('--rm', '--read-only', '--add-host', 'peer:192.0.2.7', 'list-iso', 'read', '/etc/hosts')).stdout).toContain(
    '192.0.2.7\tpeer',
  );
  await nothingLeft(address, before);
});

test('a tree with everything, inode for inode as the guest reads it', async () => {
  const guest = await bundle({ args: ['list'] });
  const { rootfs } = guest;
  writeFileSync(`${rootfs}/hello`, 'hello\n');
  mkdirSync(`${rootfs}/sub/dev`, { recursive: true });
  linkSync(`${rootfs}/hello`, `${rootfs}/sub/dev/hard`);
  for (const [index, target] of ['/abs', '../..', 'a//b/./c/', 'x'.repeat(1000), `${'ab/'.repeat(1200)}end`].entries()) {
    symlinkSync(target, `${rootfs}/link-${index}`);
  }
  writeFileSync(`${rootfs}/${'n'.repeat(255)}`, 'long');
  writeFileSync(`${rootfs}/empty`, '');
  chmodSync(`${rootfs}/empty`, 0o4751);
  mkdirSync(`${rootfs}/${Array.from({ length: 30 }, (_, index) => `d${index}`).join('/')}`, { recursive: true });
  mkdirSync(`${rootfs}/many`);
  for (let index = 0; index < 100; index++)
    writeFileSync(`${rootfs}/many/file-${index}-${'k'.repeat(index)}`, `content ${index}`);
  execFileSync('mkfifo', [`${rootfs}/fifo`]);
  const expected = linesOf(rootfs).filter((line) => !line.endsWith(' /list-iso'));
  for (const name of ['dev', 'proc', 'sys']) mkdirSync(`${rootfs}/${name}`, { recursive: true });
  writeFileSync(`${rootfs}/dev/x`, '');
  expect((await guest.run()).stdout.split('\n')).toEqual(expected);
  expect(readdirSync(path.join(guest.folder, 'cache/containers'))).toEqual([]);
});

test("the three files follow the image's symlinks, inside of it; volumes are in the image, and the log says their limits", async () => {
  const source = '/run/runnc-test-resolv';
  writeFileSync(source, 'nameserver 192.0.2.1\n');
  onTestFinished(() => rmSync(source));
  const volume = mkdtempSync('/run/runnc-volume-');
  onTestFinished(() => rmSync(volume, { recursive: true }));
  mkdirSync(`${volume}/sub`);
  writeFileSync(`${volume}/sub/file`, 'of the volume\n');
  const mounts = [
    { destination: '/etc/resolv.conf', type: 'bind', source, options: ['rbind'] },
    { destination: '/data', type: 'bind', source: volume, options: ['rbind'] },
    { destination: '/srv/one', type: 'bind', source: `${volume}/sub/file`, options: ['bind', 'ro'] },
    { destination: '/empty', type: 'tmpfs', source: 'tmpfs', options: ['mode=700'] },
    { destination: '/run/socket', type: 'bind', source: '/dev/null', options: ['bind'] },
  ];
  const read = ['/run/stub/resolv.conf', '/data/sub/file', '/srv/one'].flatMap((place) => ['read', place]);
  const guest = await bundle({ args: [...read, 'list'], mounts });
  mkdirSync(`${guest.rootfs}/etc`);
  symlinkSync('../../../../run/stub/resolv.conf', `${guest.rootfs}/etc/resolv.conf`);
  const { stdout, stderr } = await guest.run();
  expect(stdout).toContain('nameserver 192.0.2.1\n');
  expect(stdout).toContain('/etc/resolv.conf -> ../../../../run/stub/resolv.conf');
  expect(stdout.match(/^of the volume$/gm)).toHaveLength(2);
  expect(stdout).toMatch(/^40700 2 0 0 0 0 \/empty$/m);
  expect(stderr).toContain('the guest does not see what is mounted at \\"/run/socket\\"');
  expect(stderr).toContain('the guest has \\"/data\\", \\"/srv/one\\", \\"/empty\\" as it is now');
  expect(stderr).toContain('cannot write to \\"/data\\", \\"/empty\\": its root is a read-only image');
  // The tree itself is as it was.
  expect(existsSync(`${guest.rootfs}/run`)).toBe(false);
});

test('options: the program too, another device, limits', async () => {
  const iso = (options: object) => ({
    plugins: ['arch-x86_64', ['rootfs-iso', options], 'seccomp', 'tender-spt', 'unikernel-solo5'],
  });
  const withProgram = await bundle({ args: ['list'], config: iso({ withProgram: true }) });
  expect((await withProgram.run()).stdout).toMatch(/ \/list-iso$/);
  const limited = await bundle({ args: ['list'], config: iso({ maxFiles: 2 }) });
  for (const name of ['a', 'b', 'c']) writeFileSync(`${limited.rootfs}/${name}`, '');
  const refused = await limited.run();
  expect(refused.stderr).toContain('the image holds more than 2 files');
  expect(refused.status).not.toBe(0);
  expect(readdirSync(path.join(limited.folder, 'cache/containers'))).toEqual([]);
});

test('a create that is killed while it writes, or has no room, leaves no image', async () => {
  const killed = await bundle({ args: ['list'] });
  const cache = path.join(killed.folder, 'cache/containers');
  writeFileSync(`${killed.rootfs}/holes`, '');
  truncateSync(`${killed.rootfs}/holes`, 1 << 28);
  const root = ['--root', path.join(killed.folder, 'state'), '--config', path.join(killed.folder, 'runnc.config.json')];
  const creating = spawn(inject('runnc'), [...root, 'create', killed.id], { cwd: killed.folder, stdio: 'ignore' });
  const gone = once(creating, 'exit');
  await vi.waitFor(() => expect(readdirSync(cache)).toHaveLength(1), { timeout: 20_000, interval: 2 });
  creating.kill('SIGKILL');
  await gone;
  expect(readdirSync(cache)).toHaveLength(1);
  expect(await killed.runnc('delete', '--force', killed.id)).toMatchObject({ status: 0 });
  expect(readdirSync(cache)).toEqual([]);

  const small = mkdtempSync('/run/runnc-small-');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
  onTestFinished(() => {
    execFileSync('umount', [small]);
    rmSync(small, { recursive: true });
  });
  const full = await bundle({ args: ['list'], config: { cacheDirectory: small } });
  writeFileSync(`${full.rootfs}/large`, Buffer.alloc(2 << 20));
  expect((await full.run()).stderr).toMatch(/the image of the root file system has 3 MiB, and .* has 1 MiB left/);
  expect(readdirSync(path.join(small, 'containers'))).toEqual([]);
});

test('a guest that declares no block device costs no work at all, however large its image', async () => {
  const guest = await makeBundle({ guest: 'hello' });
  mkdirSync(`${guest.rootfs}/folder`);
  writeFileSync(`${guest.rootfs}/folder/large`, '');
  truncateSync(`${guest.rootfs}/folder/large`, 2 ** 40);
  const log = path.join(guest.folder, 'log');
  const ran = await guest.runnc('--debug', '--log', log, 'run', guest.id);
  expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining('Hello from a unikernel') });
  const said = readFileSync(log, 'utf8');
  expect(said).toContain(': unikernel took');
  expect(said).not.toContain(': rootfs took');
  for (const name of ['images', 'containers']) expect(existsSync(path.join(guest.folder, 'cache', name))).toBe(false);
});

test('a read-only image is opened for reading only, and a write to it is no system call that the guest has', async () => {
  const guest = await makeBundle({ guest: 'raw-blocks', args: ['write', '0', 'x'] });
  expect((await guest.run()).status).toBe(159);
  const waiting = await makeBundle({ guest: 'raw-blocks' });
  await waiting.runnc('create', waiting.id);
  const { pid } = JSON.parse((await waiting.runnc('state', waiting.id)).stdout) as { pid: number };
  const images = readdirSync(`/proc/${pid}/fd`).filter((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).includes('.iso'));
  expect(images).toHaveLength(1);
  const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${images[0]}`, 'utf8'))?.[1] ?? '';
  // O_ACCMODE, asm-generic/fcntl.h.
  expect(Number.parseInt(flags, 8) & 3).toBe(0);
});
