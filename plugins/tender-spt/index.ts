/** Starts Solo5 spt unikernels, of today and of 2018: a tape turns the process into the guest. */
import type { Plugin } from '../../core/plugin.ts';
import { planLegacy } from './legacy-plan.ts';
import { planLaunch } from './plan.ts';

interface Options {
  readonly execHeap?: 'auto' | 'on' | 'off';
}

export default {
  name: 'tender-spt',
  api: 1,
  options: {
    type: 'object',
    properties: {
      execHeap: {
        description:
          'whether unikernels of 2018 may execute their heap, which is an attack\'s first wish: "auto" for the programs that are known to make code while they run (node), "on" for all, "off" for none',
        enum: ['auto', 'on', 'off'],
        default: 'auto',
      },
    },
    additionalProperties: false,
  },
  apply(host, { execHeap = 'auto' }) {
    host.hooks.tender.tap('tender-spt', (_program, unikernel, architecture) => {
      if (unikernel.abi === 'spt') {
        return {
          name: 'spt',
          open: [],
          takesTaps: true,
          plan: async (launch, descriptors) => planLaunch(host, architecture, launch, descriptors),
        };
      }
      if (unikernel.abi !== 'legacy-spt') return undefined;
      return {
        name: 'spt',
        open: [],
        takesTaps: true,
        plan: async (launch, descriptors) => {
          const executableHeap = execHeap === 'on' || (execHeap === 'auto' && launch.unikernel.executableHeap === true);
          if (executableHeap) host.log.warn(`${launch.program.path} can execute its heap (tender-spt: execHeap)`);
          return planLegacy({ host, architecture, executableHeap }, launch, descriptors);
        },
      };
    });
  },
} satisfies Plugin<Options>;
