/** Runs Solo5's own tenders, where `tender.hvt.path` or `tender.spt.path` of runnc.config name them: 0.6 or later. */
import { accessSync, constants, existsSync } from 'node:fs';
import type { Plugin } from '../../core/plugin.ts';
import { planProgram } from './plan.ts';

export interface Options {
  readonly hvt?: { readonly path: string };
  readonly spt?: { readonly path: string };
}

/** Where dynamically linked programs find their interpreter and libraries. */
const libraries = ['/usr', '/lib', '/lib64'];
const kvm = '/dev/kvm';

const program = (abi: string) => ({
  type: 'object',
  description: `The tender for ${abi} programs.`,
  properties: { path: { type: 'string', description: `Absolute path of solo5-${abi}.` } },
  required: ['path'],
  additionalProperties: false,
});

export default {
  name: 'tender-external',
  api: 1,
  options: {
    type: 'object',
    properties: { hvt: program('hvt'), spt: program('spt') },
    additionalProperties: false,
  },
  apply(host, options) {
    host.hooks.tender.tap('tender-external', (_program, { abi }) => {
      const path = abi === 'hvt' || abi === 'spt' ? options[abi]?.path : undefined;
      if (path === undefined) return undefined;
      check(abi, path);
      const own = libraries.some((folder) => path.startsWith(`${folder}/`)) ? [] : [path];
      return {
        name: abi,
        open: [],
        takesTaps: true,
        hostFiles: [...libraries.filter((folder) => existsSync(folder)), ...own, ...(abi === 'hvt' ? [kvm] : [])],
        plan: async (launch, descriptors) => planProgram(host, path, launch, descriptors),
      };
    });
  },
} satisfies Plugin<Options>;

/** Says at create what is missing and what would help. */
function check(abi: string, path: string): void {
  try {
    if (!path.startsWith('/')) throw new Error('it is not an absolute path');
    accessSync(path, constants.X_OK);
  } catch (cause) {
    const { message } = cause as Error;
    throw failure('ERR_CONFIG', `tender.${abi}.path, ${path}, cannot be executed: ${message}`, installSolo5);
  }
  if (abi === 'hvt' && !existsSync(kvm)) {
    const hint = 'load the module kvm_intel or kvm_amd, or build the unikernel for spt';
    throw failure('ERR_NO_TENDER', `a Solo5 hvt unikernel needs KVM, and this machine has no ${kvm}`, hint);
  }
}

const installSolo5 = 'install Solo5, or take the path out of runnc.config: runnc has tenders of its own';

const failure = (code: string, message: string, hint: string) => Object.assign(new Error(message), { code, hint });
