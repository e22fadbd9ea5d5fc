/** Starts Solo5 spt unikernels: a tape turns the process into the guest. */
import type { Plugin } from '../../core/plugin.ts';
import { planLaunch } from './plan.ts';

export default {
  name: 'tender-spt',
  api: 1,
  apply({ hooks, tape, fillManifest }) {
    hooks.tender.tap('tender-spt', (_program, unikernel, architecture) =>
      unikernel.abi === 'spt'
        ? {
            name: 'spt',
            open: [],
            plan: async (launch, descriptors) => planLaunch({ tape, fillManifest }, architecture, launch, descriptors),
          }
        : undefined,
    );
  },
} satisfies Plugin;
