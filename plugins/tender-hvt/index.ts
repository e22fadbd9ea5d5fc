/** Starts Solo5 hvt unikernels: a tape makes a virtual machine and enters a run loop of less than a page. */
import { closeSync } from 'node:fs';
import type { Plugin } from '../../core/plugin.ts';
import { kvmDevice, openKvm, readKvm } from './kvm.ts';
import { processors } from './processor.ts';

export default {
  name: 'tender-hvt',
  api: 1,
  apply(host) {
    host.hooks.tender.tap('tender-hvt', (_program, unikernel, architecture) => {
      const load = processors[architecture.name];
      if (unikernel.abi !== 'hvt' || load === undefined) return undefined;
      // Said at create, before anything is made.
      closeSync(openKvm());
      return {
        name: 'hvt',
        open: [{ name: 'kvm', path: kvmDevice, flags: host.tape.OPEN.readWrite }],
        plan: async (launch, descriptors) => {
          // With it comes the run loop, which other containers need not load.
          const [{ planLaunch }, processor] = await Promise.all([import('./plan.ts'), load()]);
          const facts = await readKvm(host, processor);
          return planLaunch(host, { architecture, processor, facts }, launch, descriptors);
        },
      };
    });
  },
} satisfies Plugin;
