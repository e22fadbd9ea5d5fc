/** Recognises any Solo5 program by its ABI note; it gets its arguments as they are, but for words that stand for its network. */
import type { DeclaredDevice, Plugin } from '../../core/plugin.ts';
import { replacePlaceholders } from './placeholders.ts';

/** What a program without a manifest may use: at most one disk and one network device, which have no names of their own. */
const legacyDevices: readonly DeclaredDevice[] = [
  { name: 'storage', kind: 'block', handle: 0, optional: true },
  { name: 'service', kind: 'net', handle: 0, optional: true },
];

export default {
  name: 'unikernel-solo5',
  api: 1,
  apply({ hooks, abiOf }) {
    hooks.unikernel.tap('unikernel-solo5', (program, { args, metadata }) => {
      if (metadata.unikernel && metadata.unikernel.name !== 'solo5') return undefined;
      const abi = abiOf(program, metadata.tender);
      if (!abi) return undefined;
      const devices = program.solo5.manifest?.devices ?? legacyDevices;
      return {
        name: 'solo5',
        because: 'it speaks a Solo5 ABI, and nobody before this plugin knows more',
        abi,
        devices,
        commandLine: args.slice(1).join(' '),
      };
    });
    hooks.launch.tap('unikernel-solo5', (launch, { hostname }) => {
      // What other plugins recognised has its own way of being told.
      if (launch.unikernel.name !== 'solo5' || launch.network.devices.length === 0) return launch;
      return { ...launch, commandLine: replacePlaceholders(launch.commandLine, launch.network, hostname) };
    });
  },
} satisfies Plugin;
