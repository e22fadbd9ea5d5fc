/**
 * runnc and its guests on aarch64, spt and hvt: Debian's kernel for arm64 in a virtual machine of qemu, whose emulated processor has
 * EL2 and so KVM. What it needs is built or fetched first, and kept: the executable, the guests, Debian's packages.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build } from '../../scripts/build.mjs';
import { canCompileFor } from '../../scripts/compilers.mjs';
import { buildGuests } from '../guests/build.mjs';
import { type Ended, progress, resultsOf, runBundles, writeBundles } from '../vm/containers.ts';
import { unpackedPackage } from '../vm/debian-package.ts';
import { configTemplate, devicesScript } from '../vm/devices.ts';
import { missingForVm, runInVm } from '../vm/run-in-vm.ts';
import { sharedLibraries } from '../vm/shared-libraries.ts';
import { cases, nameOf } from './cases.ts';

const missing = missingForVm('arm64') ?? (canCompileFor('aarch64') ? undefined : 'a compiler for aarch64');
const work = mkdtempSync(path.join(tmpdir(), 'runnc-arm64-'));
afterAll(() => rmSync(work, { recursive: true }));

/** What runnc needs, and what `ip` and `tc` need. */
const libraries = ['libc6', 'libstdc++6', 'libgcc-s1', 'libseccomp2'];
const networkLibraries = ['libbpf1', 'libbsd0', 'libcap2', 'libelf1', 'libmd0', 'libmnl0', 'libtirpc3', 'libxtables12', 'zlib1g'];
const networkModules = ['tun', 'veth', 'sch_ingress', 'cls_u32', 'act_mirred'];

let ended: readonly Ended[] = [];
let rest = '';

beforeAll(async () => {
  if (missing !== undefined) return;
  const { executable } = await build({ target: 'arm64', ifStale: true });
  const guests = await buildGuests('arm64');
  const bundles = path.join(work, 'bundles');
  writeBundles(
    bundles,
    cases.map(({ tender, guest, args }) => ({ args: [`/${guest}.${tender}`, ...args], root: '/vm/guests' })),
  );
  const rootfs = path.join(work, 'rootfs');
  mkdirSync(path.join(rootfs, 'etc'), { recursive: true });
  writeFileSync(path.join(rootfs, 'etc/greeting'), 'from the image\n');
  writeFileSync(path.join(rootfs, 'disk.img'), 'first block'.padEnd(8192, '\0'));
  const config = path.join(work, 'config.json');
  writeFileSync(config, configTemplate());
  const iproute = await unpackedPackage('iproute2', 'arm64');
  const { output } = await runInVm({
    architecture: 'arm64',
    files: {
      ...(await sharedLibraries('arm64', [...libraries, ...networkLibraries])),
      '/usr/bin/runnc': executable,
      '/usr/sbin/ip': path.join(iproute, 'bin/ip'),
      '/usr/sbin/tc': path.join(iproute, 'sbin/tc'),
      '/vm/guests': guests,
      '/vm/bundles': bundles,
      '/vm/rootfs': rootfs,
      '/vm/config.json': config,
    },
    script: `${runBundles('/vm/bundles', cases.length)}\n${devicesScript}`,
    modules: networkModules,
    memoryMiB: 2048,
    timeoutSeconds: 540,
    onOutput: progress(cases.length, (index) => nameOf(cases[index] as (typeof cases)[number])),
  });
  // For whoever wants to look at it: the figures in docs/hvt.md are from here.
  const keep = process.env['RUNNC_VM_OUTPUT'];
  if (keep) writeFileSync(keep, output);
  ({ ended, rest } = resultsOf(output, cases.length));
}, 900_000);

const here = test.skipIf(missing);

here(`all of them ended${missing === undefined ? '' : ` (needs ${missing})`}`, () => {
  expect(ended).toHaveLength(cases.length);
});

here.each(cases.map((expected, index) => ({ name: nameOf(expected), expected, index })))('$name', ({ expected, index }) => {
  const { status, stdout, stderr } = expected;
  const matching = (text: string | RegExp) => (typeof text === 'string' ? text : expect.stringMatching(text));
  expect(ended[index]).toEqual({ status, stdout: matching(stdout), stderr: matching(stderr) });
});

const part = (name: string): string => (rest.split(`== ${name}\n`)[1]?.split('\n== ')[0] ?? '').trim();

here('nothing is left of any of them', () => {
  expect((rest.split('== ')[0] ?? '').split('\n').filter((line) => /^c?\d+$/.test(line))).toEqual([]);
});

/** What a sleeping guest has mapped: addresses, and how much of it is resident, in kB. */
function sleeping(tender: string) {
  const [maps = '', status = ''] = part(`sleeping ${tender}`).split('--\n');
  const found = [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) .*\nRss: +(\d+) kB$/gm)];
  const mapped = found.map(([, start = '', end = '', kB]) => ({
    start: Number.parseInt(start, 16),
    end: Number.parseInt(end, 16),
    resident: Number(kB),
  }));
  return { mapped, status };
}

const MiB = 2 ** 20;
/** A quarter of user space: where the launcher's image is. */
const launcherBase = 2 ** 46;

here('a sleeping guest under spt has nothing mapped but its memory and the player', () => {
  const { mapped } = sleeping('spt');
  const others = mapped.filter(({ end }) => end > 64 * MiB);
  expect(mapped.length).toBeGreaterThan(others.length);
  expect(others.map(({ start, end }) => start >= launcherBase && end < launcherBase + MiB)).toEqual([true, true]);
});

here('a sleeping guest under hvt has its memory, the loop below the player, and less than 100 kB that are not its memory', () => {
  const { mapped } = sleeping('hvt');
  const memoryBase = launcherBase / 4;
  const others = mapped.filter(({ start }) => start < memoryBase || start >= memoryBase + 64 * MiB);
  expect(mapped.length).toBeGreaterThan(others.length);
  for (const { start, end } of others) {
    expect(start).toBeGreaterThanOrEqual(launcherBase - MiB);
    expect(end).toBeLessThan(launcherBase + MiB);
  }
  expect(others.reduce((sum, { resident }) => sum + resident, 0)).toBeLessThan(100);
});

here.each(['spt', 'hvt'])('a guest under %s is one thread with a filter and no privileges', (tender) => {
  const { status } = sleeping(tender);
  expect(status).toMatch(/Threads:\t1\n/);
  expect(status).toMatch(/CapEff:\t0{16}\n/);
  expect(status).toMatch(/Seccomp:\t2\n/);
});

here.each(['spt', 'hvt'])('stop ends a guest under %s at once, with 143', (tender) => {
  expect(part(`stop ${tender}`)).toBe('143');
});

here.each(['spt', 'hvt'])('a block device under %s: read, written, and the file has it', (tender) => {
  expect(part(`block ${tender}`)).toBe('block 0: first block\nwrote 15: done\nblock 15: written\nin the file: written');
});

here.each(['spt', 'hvt'])('the root image under %s has the files of the image', (tender) => {
  expect(part(`root ${tender}`)).toBe('from the image');
});

here.each(['spt', 'hvt'])('a network device under %s: ping and HTTP over the tap', (tender) => {
  expect(part(`net ${tender}`)).toMatch(/^1 packets received\nHello from a unikernel on the network$/);
});

here('a program for another processor is refused in a sentence', () => {
  expect(part('foreign')).toContain('for x86_64, this machine is aarch64');
});
