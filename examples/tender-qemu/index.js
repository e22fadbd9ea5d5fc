/**
 * Boots kernels under qemu: Linux kernels (bzImage) and multiboot kernels. qemu runs in the container's sandbox, as its only process.
 */
import { existsSync } from 'node:fs';
import { clockWords } from './clock.js';
import { commandLine } from './command-line.js';
import { failure } from './failure.js';
import { hostFiles } from './host-files.js';
import { kernelKind } from './kernel.js';
import { attachTap, kernelAddress } from './network.js';
import { schema } from './options.js';

const name = 'tender-qemu';
/** What this plugin says that a unikernel is; other plugins may say it of what they recognise, and get qemu too. */
const kinds = ['linux', 'multiboot', 'virtio'];

/** @type {import('runnc/plugin').Plugin<import('./options.js').Options>} */
export default {
  name,
  api: 1,
  options: schema,
  apply(host, options) {
    const { hooks } = host;

    hooks.unikernel.tap(name, (program, { args, env, metadata }) => {
      const kind = kernelKind(program);
      if (kind === undefined || (metadata.unikernel && metadata.unikernel.name !== kind)) return undefined;
      const initrd = metadata.settings?.['initrd'] ?? variable(env, 'RUNNC_INITRD');
      if (initrd !== undefined && !initrd.startsWith('/'))
        throw failure('ERR_METADATA', `the initrd ${JSON.stringify(initrd)} is not an absolute path in the image`);
      return {
        name: kind,
        abi: kind,
        devices: [...devices('net', options.networks), ...devices('block', options.disks)],
        commandLine: [...(kind === 'linux' && options.append !== '' ? [options.append] : []), ...args.slice(1)].join(' '),
        ...(initrd === undefined ? {} : { modules: [initrd] }),
      };
    });

    hooks.launch.tap(name, (launch, { hostname }) => {
      const [device] = launch.network.devices;
      if (!kinds.includes(launch.unikernel.abi) || device === undefined) return launch;
      const address = kernelAddress(device, launch.network, hostname);
      const said = launch.commandLine;
      if (said.includes('{ip}')) return { ...launch, commandLine: said.replaceAll('{ip}', address) };
      // Linux's own word; a multiboot kernel is told only if it asks.
      return launch.unikernel.abi === 'linux' && address !== '' ? { ...launch, commandLine: `${said} ip=${address}` } : launch;
    });

    hooks.tender.tapPromise(name, async (_program, { abi, modules = [] }) => {
      if (!kinds.includes(abi)) return undefined;
      const kvm = options.accel !== 'tcg' && existsSync('/dev/kvm');
      if (options.accel === 'kvm' && !kvm)
        throw failure(
          'ERR_NO_TENDER',
          'this machine has no /dev/kvm',
          'load kvm_intel or kvm_amd, or set accel of tender-qemu to auto',
        );
      return {
        name: 'qemu',
        open: [],
        hostFiles: await hostFiles(host, options.path, kvm),
        plan: async (launch, descriptors) => ({
          kind: 'program',
          path: options.path,
          argv: [
            options.path,
            ...commandLine(abi === 'linux' && !kvm ? withClocks(launch) : launch, {
              ...{ ...options, kvm, modules: modules.length, descriptors },
              // A multiboot kernel may be the loader of another one, its first module, whose arguments these are.
              moduleArguments: abi === 'multiboot' ? launch.commandLine : '',
            }),
          ],
          ops: launch.network.devices.map(({ name, tap }) => attachTap(host.tape, descriptors[`net:${name}`] ?? -1, tap)),
        }),
      };
    });
  },
};

/**
 * Before everything else, so that what is said by an image or a container wins.
 *
 * @param {import('runnc/plugin').Launch} launch
 */
const withClocks = (launch) => ({ ...launch, commandLine: [...clockWords(), launch.commandLine].join(' ').trim() });

/**
 * All of them optional: a kernel says nowhere what it needs.
 *
 * @param {'net' | 'block'} kind
 * @param {readonly string[]} names
 * @returns {import('runnc/plugin').DeclaredDevice[]}
 */
const devices = (kind, names) => names.map((name, handle) => ({ name, kind, handle, optional: true }));

/**
 * @param {readonly string[]} env
 * @param {string} key
 */
const variable = (env, key) => env.findLast((entry) => entry.startsWith(`${key}=`))?.slice(key.length + 1);
