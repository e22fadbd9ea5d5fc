/** Starts Solo5 hvt unikernels, of today and of 2018: a tape makes a virtual machine and enters a run loop of less than a page. */
import { closeSync } from 'node:fs';
import type { Plugin } from '../../core/plugin.ts';
import type { GuestAbi } from './guest-abi.ts';
import { kvmDevice, openKvm, readKvm } from './kvm.ts';
import { processors } from './processors.ts';

interface Options {
  readonly ring?: 'on' | 'off';
}

export default {
  name: 'tender-hvt',
  api: 1,
  options: {
    type: 'object',
    properties: {
      ring: {
        description:
          'whether guests of Solo5 0.11 and later are offered a ring for their network devices, which the loop empties when the guest says so: "on" or "off"',
        enum: ['on', 'off'],
        default: 'off',
      },
    },
    additionalProperties: false,
  },
  apply(host, { ring = 'off' }) {
    host.hooks.tender.tap('tender-hvt', (_program, unikernel, architecture) => {
      const load = processors[architecture.name]?.[unikernel.abi];
      if (load === undefined) return undefined;
      // Said at create, before anything is made.
      closeSync(openKvm());
      return {
        name: 'hvt',
        open: [{ name: 'kvm', path: kvmDevice, flags: host.tape.OPEN.readWrite }],
        takesTaps: true,
        plan: async (launch, descriptors) => {
          // With it comes the run loop, which other containers need not load.
          const [{ planLaunch }, processor, abi] = await Promise.all([
            import('./plan.ts'),
            load(),
            abiOf(unikernel.abi, ring === 'on'),
          ]);
          const facts = await readKvm(host, processor);
          return planLaunch(host, { architecture, processor, abi, facts }, launch, descriptors);
        },
      };
    });
  },
} satisfies Plugin<Options>;

const abiOf = async (name: string, ring: boolean): Promise<GuestAbi> =>
  name === 'legacy-hvt' ? (await import('./legacy-abi.ts')).legacyAbi : (await import('./current-abi.ts')).currentAbi(ring);
