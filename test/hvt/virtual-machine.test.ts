/**
 * runnc and hvt guests under a KVM that executes every instruction: Debian's kernel in a virtual machine of qemu, whose
 * emulated processor has SVM. Needs qemu-system-x86_64, dist/runnc and build/guests.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContainerInVm, type Ended, progress, resultsOf, runBundles, writeBundles } from '../vm/containers.ts';
import { configTemplate, deviceFunctions, devicesUnder, net } from '../vm/devices.ts';
import { missingForVm, runInVm } from '../vm/run-in-vm.ts';
import { type Case, cases, nameOf } from './cases.ts';
import { deviceCases, nameOf as deviceName, ringConfig } from './device-cases.ts';

const root = path.join(import.meta.dirname, '../..');
const [runnc, guests] = [path.join(root, 'dist/runnc'), path.join(root, 'build/guests')];
const libraries = ['libstdc++.so.6', 'libseccomp.so.2'].map((name) => `/usr/lib/x86_64-linux-gnu/${name}`);
const network = ['/usr/sbin/ip', '/usr/sbin/tc'];
const missing = missingForVm() ?? [runnc, guests, ...libraries, ...network].find((file) => !existsSync(file));
const work = mkdtempSync(path.join(tmpdir(), 'runnc-hvt-'));
afterAll(() => rmSync(work, { recursive: true }));

interface Expected extends Pick<Case, 'status' | 'stdout' | 'stderr'> {
  readonly name: string;
  readonly container: ContainerInVm;
}

const all: readonly Expected[] = [
  ...cases.map((one) => ({
    ...one,
    name: nameOf(one),
    container: { args: [`/${one.guest}.hvt`, ...one.args], root: '/vm/guests' },
  })),
  ...deviceCases.map((one) => ({ ...one, name: deviceName(one), container: { ...one, root: '/vm/guests' } })),
];

/** All guests with a disk beside them, and what else the script looks for. */
function files(): Readonly<Record<string, string>> {
  const [images, bundles, rootfs] = ['guests', 'bundles', 'rootfs'].map((name) => path.join(work, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(images);
  for (const name of readdirSync(guests).filter((file) => /\.(hvt|ukvm)$/.test(file)))
    cpSync(path.join(guests, name), path.join(images, name));
  writeBundles(
    bundles,
    all.map(({ container }) => container),
  );
  mkdirSync(path.join(rootfs, 'etc'), { recursive: true });
  writeFileSync(path.join(rootfs, 'etc/greeting'), 'from the image\n');
  const texts = {
    'guests/disk.img': 'first block'.padEnd(8192, '\0'),
    // Else a program of 2018 is taken for rumprun.
    'guests/runnc.json': '{"unikernel": "solo5"}',
    'rootfs/disk.img': 'first block'.padEnd(8192, '\0'),
    'config.json': configTemplate(),
    'ring.json': '{"options": {"tender-hvt": {"ring": "on"}}}',
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(path.join(work, name), text);
  return {
    '/usr/bin/runnc': runnc,
    '/vm/guests': images,
    '/vm/bundles': bundles,
    '/vm/rootfs': rootfs,
    '/vm/config.json': path.join(work, 'config.json'),
    [ringConfig]: path.join(work, 'ring.json'),
    ...Object.fromEntries([...libraries, ...network].map((file) => [file, file])),
  };
}

const script = `
${deviceFunctions}
# Else runnc trusts no configuration beneath it.
chmod 755 /
$ip netns add n; $ip link add out0 type veth peer name eth0 netns n
$ip link set out0 up; $ip -netns n address add 10.2.0.2/24 dev eth0; $ip -netns n link set eth0 up
${runBundles('/vm/bundles', all.length)}
${devicesUnder('hvt')}
${net('hvt', 'net through the ring', `--config ${ringConfig}`)}
heading end`;

let ended: readonly Ended[] = [];
let rest = '';

beforeAll(async () => {
  if (missing !== undefined) return;
  const { output } = await runInVm({
    files: files(),
    script,
    modules: ['kvm-amd', 'tun', 'veth', 'sch_ingress', 'cls_u32', 'act_mirred'],
    // With two, of which one is in a guest, qemu's emulation now and then comes to a state in which both spin for ever.
    cpus: 1,
    memoryMiB: 2048,
    timeoutSeconds: 540,
    onOutput: progress(all.length, (index) => all[index]?.name ?? ''),
  });
  ({ ended, rest } = resultsOf(output, all.length));
  // What frames cost: no test, but the place where a processor's own virtualization comes nearest.
  all.forEach(({ name }, index) => {
    if (name.startsWith('frames')) process.stderr.write(`${name}: ${ended[index]?.stdout.trim().replace('\n', ', ')}\n`);
  });
}, 600_000);

const here = test.skipIf(missing);

here.each(all.map((expected, index) => ({ ...expected, index })))('$name', ({ status, stdout, stderr, index }) => {
  const matching = (text: string | RegExp) => (typeof text === 'string' ? text : expect.stringMatching(text));
  expect(ended[index]).toEqual({ status, stdout: matching(stdout), stderr: matching(stderr) });
});

const part = (name: string): string => (rest.split(`== ${name}\n`)[1]?.split('\n== ')[0] ?? '').trim();

here('nothing is left of any of them', () => {
  expect((rest.split('== ')[0] ?? '').split('\n').filter((line) => /^c?\d+$/.test(line))).toEqual([]);
});

here('stop ends a guest at once, with 143', () => {
  expect(part('stop hvt')).toBe('143');
});

here('a block device is read and written, and the file has it', () => {
  expect(part('block hvt')).toBe('block 0: first block\nwrote 15: done\nblock 15: written\nin the file: written');
});

here('the root image has the files of the image', () => {
  expect(part('root hvt')).toBe('from the image');
});

here.each(['net hvt', 'net through the ring'])('%s: ping and HTTP over the tap', (name) => {
  expect(part(name)).toMatch(/^1 packets received\nHello from a unikernel on the network$/);
});
