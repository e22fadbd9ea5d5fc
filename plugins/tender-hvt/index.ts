/** Starts Solo5 hvt unikernels: a tape makes a virtual machine and enters a run loop of less than a page. */
import { closeSync } from 'node:fs';
import type { Plugin } from '../../core/plugin.ts';
import { kvmDevice, openKvm, readKvm } from './kvm.ts';

export default {
  name: 'tender-hvt',
  api: 1,
  apply(host) {
    host.hooks.tender.tap('tender-hvt', (_program, unikernel, architecture) => {
      // Guests of aarch64 start in another state, which is not written yet.
      if (unikernel.abi !== 'hvt' || architecture.name !== 'amd64') return undefined;
      // Said at create, before anything is made.
      closeSync(openKvm());
      return {
        name: 'hvt',
        open: [{ name: 'kvm', path: kvmDevice, flags: host.tape.OPEN.readWrite }],
        plan: async (launch, descriptors) => {
          // With it comes the run loop, which other containers need not load.
          const { planLaunch } = await import('./plan.ts');
          return planLaunch(host, architecture, launch, descriptors, await readKvm(host));
        },
      };
    });
  },
} satisfies Plugin;
