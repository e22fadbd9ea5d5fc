/** From a launch to qemu's command line (qemu-system-x86_64(1)). */
import { failure } from './failure.js';

const MiB = 2 ** 20;
/** What qemu uses itself of the container's memory, its buffer of translated code included. */
const ofQemu = { kvm: 40 * MiB, tcg: 80 * MiB };
const translated = 32;
const least = 8;

/**
 * @typedef {Pick<import('./options.js').Options, 'accel' | 'machine' | 'cpu' | 'cpus'> & {
 *   readonly kvm: boolean,
 *   readonly modules: number,
 *   readonly moduleArguments?: string,
 *   readonly descriptors: import('runnc/plugin').DescriptorNumbers,
 * }} Settings
 */

/**
 * All but argv[0].
 *
 * @param {Pick<import('runnc/plugin').Launch, 'memory' | 'commandLine' | 'blocks' | 'network'>} launch
 * @param {Settings} settings
 * @returns {string[]}
 */
export function commandLine(launch, settings) {
  const { machine, cpu, cpus, modules, moduleArguments = '' } = settings;
  const device = (/** @type {string} */ kind) => (machine === 'microvm' ? `virtio-${kind}-device` : `virtio-${kind}-pci`);
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none'],
    // What qemu may still do, should a guest take it over: no programs, no other user, no old system calls.
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...[
      '-machine',
      machine,
      ...accelerators(settings),
      '-cpu',
      cpu,
      '-smp',
      `${cpus}`,
      '-m',
      `${memoryOf(launch.memory, settings)}`,
    ],
    // The first serial port is the container's standard input and output.
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    // How it ends: a reset or power-off is status 0, N written to port 0xf4 is 2 N + 1, a panic that is told is 1.
    ...['-no-reboot', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-device', 'pvpanic', '-action', 'panic=exit-failure'],
    ...['-object', 'rng-builtin,id=random', '-device', `${device('rng')},rng=random`],
    ...launch.blocks.flatMap((block, index) => disk(block, index, device('blk'))),
    ...launch.network.devices.flatMap(({ name, mac }, index) => [
      ...['-netdev', `tap,id=net${index},fd=${settings.descriptors[`net:${name}`]}`],
      ...['-device', `${device('net')},netdev=net${index},mac=${mac}${machine === 'microvm' ? '' : ',romfile='}`],
    ]),
    ...['-kernel', '/unikernel', ...(modules > 0 ? ['-initrd', initrd(modules, moduleArguments)] : [])],
    ...(launch.commandLine === '' ? [] : ['-append', launch.commandLine]),
  ];
}

/** @param {Settings} settings */
function accelerators({ accel, kvm }) {
  const tcg = ['-accel', `tcg,tb-size=${translated}`];
  if (!kvm) return tcg;
  return ['-accel', 'kvm', ...(accel === 'auto' ? tcg : [])];
}

/**
 * In MiB: what is left of the container's.
 *
 * @param {number} memory
 * @param {Settings} settings
 */
function memoryOf(memory, { accel, kvm }) {
  // What is only tried may turn out to be the other one.
  const left = Math.floor((memory - (kvm && accel === 'kvm' ? ofQemu.kvm : ofQemu.tcg)) / MiB);
  if (left >= least) return left;
  throw failure(
    'ERR_MEMORY',
    `of ${Math.floor(memory / MiB)} MiB qemu needs most itself, and leaves the kernel ${Math.max(0, left)} MiB`,
    'raise the limit (docker run -m)',
  );
}

/**
 * @param {import('runnc/plugin').BlockDevice} block
 * @param {number} index
 * @param {string} device
 */
function disk({ name, readOnly, blockSize }, index, device) {
  const file = `file.driver=file,file.filename=/block/${name},file.locking=off`;
  return [
    ...['-blockdev', `driver=raw,node-name=disk${index},read-only=${readOnly ? 'on' : 'off'},${file}`],
    ...[
      '-device',
      `${device},drive=disk${index},serial=${name},logical_block_size=${blockSize},physical_block_size=${blockSize}`,
    ],
  ];
}

/**
 * Behind a blank stand a module's own arguments, in which a comma is written twice.
 *
 * @param {number} count
 * @param {string} first those of the first one: of a kernel that the kernel loads
 */
const initrd = (count, first) =>
  Array.from({ length: count }, (_, index) => {
    const words = index === 0 && first !== '' ? ` ${first.replaceAll(',', ',,')}` : '';
    return `/module/${index}${words}`;
  }).join(',');
