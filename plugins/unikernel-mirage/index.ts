/** MirageOS: unikernels in OCaml. */
import type { DeclaredDevice, Plugin } from '../../core/plugin.ts';
import { mirageCommandLine } from './command-line.ts';
import { knownOptions } from './known-options.ts';
import { isOcaml } from './ocaml.ts';

/** What a program without a manifest (2018) may use: at most one disk and one network device. */
const legacyDevices: readonly DeclaredDevice[] = [
  { name: 'storage', kind: 'block', handle: 0, optional: true },
  { name: 'service', kind: 'net', handle: 0, optional: true },
];

interface Options {
  /** Names of the options that unikernels have where their image does not say. */
  readonly options?: readonly string[];
  /** Whether a unikernel is asked for them where nobody says. */
  readonly probe?: boolean;
}

export default {
  name: 'unikernel-mirage',
  api: 1,
  options: {
    type: 'object',
    properties: {
      options: {
        description:
          'names of the options that unikernels have where their image does not say so, such as "ipv4"; an unknown one is fatal to them',
        type: 'array',
        items: { type: 'string', pattern: '^[a-z0-9][A-Za-z0-9-]*$' },
      },
      probe: {
        description:
          'whether a unikernel with network devices is asked once for its options (--help=plain), in a sandbox of its own, where nobody says which it has',
        type: 'boolean',
        default: true,
      },
    },
    additionalProperties: false,
  },
  apply(host, { options, probe = true }) {
    const { hooks, abiOf, log } = host;
    hooks.unikernel.tap('unikernel-mirage', (program, { metadata: { unikernel, tender } }) => {
      if (unikernel && unikernel.name !== 'mirage') return undefined;
      const abi = abiOf(program, tender);
      if (!abi || (!unikernel && !(program.solo5.abi && isOcaml(program)))) return undefined;
      const devices = program.solo5.manifest?.devices ?? legacyDevices;
      const because = unikernel ? {} : { because: "OCaml's runtime is in it" };
      return { name: 'mirage', ...because, abi, devices, commandLine: '' };
    });
    hooks.launch.tapPromise('unikernel-mirage', async (launch, { args, hostname, metadata }) => {
      if (launch.unikernel.name !== 'mirage') return launch;
      const said = metadata.settings?.['options']?.split(/[ ,]+/).filter((name) => name !== '');
      const { devices, nameServers } = launch.network;
      // Those for virtio need a tender that is not built in.
      const isAsked = probe && devices.length > 0 && launch.unikernel.abi !== 'virtio';
      const has = said ?? options ?? (isAsked ? await knownOptions(host, launch.program, launch.unikernel) : undefined);
      const { text, warnings } = mirageCommandLine({ args: args.slice(1), hostname, devices, nameServers, has });
      for (const warning of warnings) log.warn(warning);
      return { ...launch, commandLine: text };
    });
  },
} satisfies Plugin<Options>;
