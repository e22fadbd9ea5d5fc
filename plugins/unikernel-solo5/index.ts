/** Recognises any Solo5 program by its ABI note; it gets its arguments as they are, but for words that stand for its network. */
import type { Plugin } from '../../core/plugin.ts';
import { replacePlaceholders } from './placeholders.ts';

/** Targets of the ABI note (Solo5 include/elf_abi.h, enum abi_target). */
const targets: Readonly<Record<number, string>> = { 1: 'hvt', 2: 'spt', 3: 'virtio', 4: 'muen', 5: 'genode', 6: 'xen' };
/** ABI versions that the tenders speak; version 1 equals version 2 in everything but the number (rumprun's Solo5 0.6 builds). */
const versions: Readonly<Record<string, readonly number[]>> = { hvt: [1, 2], spt: [1, 2] };

export default {
  name: 'unikernel-solo5',
  api: 1,
  apply({ hooks }) {
    hooks.unikernel.tap('unikernel-solo5', ({ solo5, path }, container) => {
      if (!solo5.abi) return undefined;
      const { target, version } = solo5.abi;
      const abi = targets[target];
      const known = abi && versions[abi];
      if (!known) {
        throw failure(
          'ERR_NOT_A_UNIKERNEL',
          `${path} is a Solo5 unikernel for ${abi ?? `target ${target}`}`,
          'build it for spt or hvt',
        );
      }
      if (!known.includes(version)) {
        throw failure(
          'ERR_NOT_A_UNIKERNEL',
          `${path} speaks version ${version} of the Solo5 ${abi} ABI, and runnc speaks ${known.join(' and ')}`,
          'build it with Solo5 0.6 to 0.12',
        );
      }
      if (!solo5.manifest) throw failure('ERR_MANIFEST', `${path} has no Solo5 manifest`, 'build it with Solo5 0.6 to 0.12');
      return { name: 'solo5', abi, devices: solo5.manifest.devices, commandLine: container.args.slice(1).join(' ') };
    });
    hooks.launch.tap('unikernel-solo5', (launch, { hostname }) => {
      // What other plugins recognised has its own way of being told.
      if (launch.unikernel.name !== 'solo5' || launch.network.devices.length === 0) return launch;
      return { ...launch, commandLine: replacePlaceholders(launch.commandLine, launch.network, hostname) };
    });
  },
} satisfies Plugin;

const failure = (code: string, message: string, hint: string) => Object.assign(new Error(message), { code, hint });
