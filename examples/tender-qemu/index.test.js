import assert from 'node:assert/strict';
import { test } from 'node:test';
import { harness } from 'runnc/testing';
import { clockWords } from './clock.js';
import { commandLine } from './command-line.js';
import plugin from './index.js';
import { kindOf } from './kernel.js';
import { kernelAddress } from './network.js';

const MiB = 2 ** 20;
const settings = /** @type {const} */ ({
  accel: 'tcg',
  machine: 'pc',
  cpu: 'max',
  cpus: 1,
  kvm: false,
  modules: 0,
  descriptors: { 'net:net0': 7 },
});
const launch = {
  memory: 128 * MiB,
  commandLine: '',
  blocks: [],
  network: { devices: [], nameServers: [], searchDomains: [] },
};
const device = {
  name: 'net0',
  tap: 'tap0',
  interface: 'eth0',
  mac: '02:42:ac:11:00:02',
  mtu: 1500,
  addresses: ['fe80::1/64', '172.17.0.2/20'],
  routes: [{ destination: '0.0.0.0/0', gateway: '172.17.0.1' }],
};

/** @param {number} magic @param {number} flags @param {{ at?: number, checksum?: number, elf?: boolean }} [more] */
function multiboot(magic, flags, { at = 64, checksum = -(magic + flags) >>> 0, elf = true } = {}) {
  const file = Buffer.alloc(at + 12);
  if (elf) file.write('\x7fELF\x01', 'latin1');
  for (const [index, word] of [magic, flags, checksum].entries()) file.writeUInt32LE(word, at + index * 4);
  return file;
}

function bzImage() {
  const file = Buffer.alloc(0x300);
  file.writeUInt16LE(0xaa55, 0x1fe);
  file.write('HdrS', 0x202);
  file.writeUInt16LE(0x20f, 0x206);
  file.writeUInt8(1, 0x211);
  return file;
}

test('kernels are known by their headers', () => {
  assert.equal(kindOf(bzImage()), 'linux');
  assert.equal(kindOf(multiboot(0x1badb002, 3)), 'multiboot');
  assert.equal(kindOf(multiboot(0x1badb002, 3 | (1 << 16), { elf: false })), 'multiboot');
});

test('what only looks like a kernel is none', () => {
  assert.equal(kindOf(Buffer.alloc(0)), undefined);
  assert.equal(kindOf(Buffer.from('#!/bin/sh\n')), undefined);
  assert.equal(kindOf(bzImage().subarray(0, 0x211)), undefined);
  assert.equal(kindOf(multiboot(0x1badb002, 3, { checksum: 1 })), undefined);
  assert.equal(kindOf(multiboot(0x1badb002, 3, { at: 66 })), undefined);
  assert.equal(kindOf(multiboot(0x1badb002, 3, { elf: false })), undefined, 'neither ELF nor addresses');
  assert.equal(kindOf(multiboot(0x1badb002, 1 << 5)), undefined, 'it demands what nobody knows');
  assert.equal(kindOf(multiboot(0x1badb002, 3).subarray(0, -1)), undefined);
});

test('any bytes are looked at without an error', () => {
  for (let round = 0; round < 2000; round++) {
    const bytes = crypto.getRandomValues(Buffer.alloc(round));
    if (round > 0x212 && round % 2) bzImage().copy(bytes, 0x1fe, 0x1fe, 0x210);
    kindOf(bytes);
  }
});

test('qemu is confined, and has no device that was not asked for', () => {
  const argv = commandLine(launch, settings);
  for (const word of ['-nodefaults', '-no-user-config', '-sandbox', '-no-reboot']) assert.ok(argv.includes(word), word);
  assert.deepEqual(argv.slice(-2), ['-kernel', '/unikernel']);
  assert.equal(argv[argv.indexOf('-m') + 1], '48');
});

test('a command line is one argument, whatever it says', () => {
  const argv = commandLine({ ...launch, commandLine: '-device x,y "z"' }, settings);
  assert.deepEqual(argv.slice(-2), ['-append', '-device x,y "z"']);
});

test('disks, networks and modules', () => {
  const blocks = [{ name: 'disk', path: '/images/x,y', readOnly: true, capacity: 512, blockSize: 512 }];
  const argv = commandLine(
    { ...launch, blocks, network: { ...launch.network, devices: [device] } },
    { ...settings, modules: 2 },
  ).join(' ');
  assert.match(argv, /driver=raw,node-name=disk0,read-only=on,file\.driver=file,file\.filename=\/block\/disk,/);
  assert.match(argv, /tap,id=net0,fd=7 -device virtio-net-pci,netdev=net0,mac=02:42:ac:11:00:02,romfile=/);
  assert.match(argv, /-initrd \/module\/0,\/module\/1/);
  assert.match(commandLine(launch, { ...settings, machine: 'microvm' }).join(' '), /virtio-rng-device/);
});

test('too little memory is an error of the container, with a hint', () => {
  assert.throws(() => commandLine({ ...launch, memory: 64 * MiB }, settings), { code: 'ERR_MEMORY', hint: /docker run -m/ });
});

test('of clocks, what the machine itself knows of its own', () => {
  const cpus = (/** @type {string} */ flags, bogomips = '5192.19') =>
    `processor\t: 0\nflags\t\t: fpu ${flags} lm\nbogomips\t: ${bogomips}\n\nprocessor\t: 1\n`;
  const told = (/** @type {string} */ cpuinfo, sources = 'kvm-clock tsc acpi_pm \n') =>
    clockWords((file) => (file === '/proc/cpuinfo' ? cpuinfo : sources)).join(' ');
  const constant = 'constant_tsc nonstop_tsc';
  assert.equal(told(cpus(constant)), 'no_timer_check tsc_early_khz=2596095 tsc=reliable');
  assert.equal(told(cpus(constant), 'hpet acpi_pm \n'), 'no_timer_check', 'the kernel has found it unstable');
  assert.equal(told(cpus(constant), ''), 'no_timer_check');
  assert.equal(told(cpus('nonstop_tsc')), 'no_timer_check', 'it ticks with the processor');
  assert.equal(told(cpus('constant_tsc')), 'no_timer_check', 'it stops with the processor');
  assert.equal(told(cpus(constant, '0.00')), 'no_timer_check');
  assert.equal(told('Features\t: fp\nBogoMIPS\t: 50.00\n'), 'no_timer_check', 'aarch64');
  assert.equal(told(''), 'no_timer_check');
});

test('the address as Linux wants it', () => {
  const network = { nameServers: ['8.8.8.8', '::1', '1.1.1.1', '9.9.9.9'], searchDomains: [], devices: [] };
  assert.equal(kernelAddress(device, network, 'web'), '172.17.0.2::172.17.0.1:255.255.240.0:web:eth0:off:8.8.8.8:1.1.1.1');
  assert.equal(kernelAddress({ ...device, addresses: ['fe80::1/64'] }, network, 'web'), '');
});

test('what runnc asks it, by its own checks', async () => {
  const { hooks, container, remove } = await harness(plugin, { options: { networks: [], disks: ['disk'] } });
  try {
    const program = { path: '/x', fd: 0, size: 0, elf: { machine: 62 } };
    assert.equal(await hooks.unikernel.promise(/** @type {any} */ (program), container), undefined);
    const tender = await hooks.tender.promise(
      /** @type {any} */ ({}),
      { name: 'x', abi: 'spt', devices: [], commandLine: '' },
      /** @type {any} */ ({}),
    );
    assert.equal(tender, undefined);
  } finally {
    remove();
  }
});

test('options that make no sense are refused', async () => {
  await assert.rejects(harness(plugin, { options: { machine: 'pdp11' } }), /machine/);
  await assert.rejects(harness(plugin, { options: { cpu: 'max -monitor stdio' } }), /cpu/);
});
