/** rumprun: NetBSD's drivers and C library around one program. What the images of the nabla project are made of. */
import type { DeclaredDevice, Plugin, Program } from '../../core/plugin.ts';
import { rumprunCommandLine } from './command-line.ts';

/** The two devices that rumprun can have (nabla-containers/rumprun platform/hw; Solo5 0.6 builds declare them by these names). */
const disk = 'rootfs';
const tap = 'tap';
const legacyDevices: readonly DeclaredDevice[] = [
  { name: disk, kind: 'block', handle: 0, optional: true },
  { name: tap, kind: 'net', handle: 0, optional: true },
];

export default {
  name: 'unikernel-rumprun',
  api: 1,
  apply({ hooks, abiOf, log }) {
    hooks.unikernel.tap('unikernel-rumprun', (program, { args, metadata }) => {
      const { unikernel, tender } = metadata;
      if (unikernel && unikernel.name !== 'rumprun') return undefined;
      const abi = abiOf(program, tender);
      const sign = signOf(program);
      if (!abi || (!unikernel && !sign)) return undefined;
      const devices = program.solo5.manifest?.devices ?? legacyDevices;
      return {
        name: 'rumprun',
        ...(sign === undefined ? {} : { because: sign }),
        abi,
        devices,
        // Ext2 with blocks of 1 KiB: with larger ones it cannot list folders.
        fileSystems: ['iso9660', 'ext2'],
        commandLine: '',
        executableHeap: isNode(program.path, args),
      };
    });
    hooks.launch.tap('unikernel-rumprun', (launch, { args, env, cwd, hostname, metadata }) => {
      if (launch.unikernel.name !== 'rumprun') return launch;
      const network = launch.network.devices[0];
      const mountPoint = launch.blocks.length > 0 ? (metadata.settings?.['mountPoint'] ?? '/') : undefined;
      const { text, warnings } = rumprunCommandLine({ args, env, cwd, hostname, network, mountPoint });
      for (const warning of warnings) log.warn(warning);
      return { ...launch, commandLine: text };
    });
  },
} satisfies Plugin;

/** By what it shows: no note, as in 2018; the file's name; or exactly the devices that rumprun declares. */
function signOf({ path, solo5: { abi, manifest } }: Program): string | undefined {
  if (!abi) return 'it has no Solo5 notes, as programs of 2018';
  if (path.endsWith('.nabla')) return 'its name ends in .nabla';
  const devices = manifest?.devices ?? [];
  const is = (kind: string, name: string) => devices.some((device) => device.kind === kind && device.name === name);
  const isUsual = devices.length === 2 && is('block', disk) && is('net', tap);
  return isUsual ? `it declares exactly the devices ${disk} and ${tap}` : undefined;
}

/** The one known program that compiles to machine code while it runs, and maps no memory as executable for it. */
function isNode(path: string, [name = '']: readonly string[]): boolean {
  return [path, name].some((text) => /^node(\.(nabla|spt|hvt))?$/.test(text.slice(text.lastIndexOf('/') + 1)));
}
