/** Hands containers that are no unikernels to another OCI runtime: the sandbox of a pod (Kubernetes' pause container), or all. */
import { accessSync, constants } from 'node:fs';
import type { Plugin } from '../../core/plugin.ts';

interface Options {
  readonly delegate?: 'refuse' | 'sandbox' | 'all';
  readonly runtime?: string;
}

/** Where distributions and engines put runc and crun. */
const usual = ['runc', 'crun'].flatMap((name) =>
  ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin'].map((folder) => `${folder}/${name}`),
);

export default {
  name: 'delegate-oci',
  api: 1,
  options: {
    type: 'object',
    properties: {
      delegate: {
        description:
          'which containers another runtime gets: "sandbox" those that hold the namespaces of a pod, "all" every other image too, "refuse" none',
        enum: ['refuse', 'sandbox', 'all'],
        default: 'sandbox',
      },
      runtime: {
        description: 'absolute path of that runtime; without it, runc or crun where they usually are',
        type: 'string',
        pattern: '^/',
      },
    },
    additionalProperties: false,
  },
  apply({ hooks }, { delegate = 'sandbox', runtime }) {
    hooks.delegate.tap('delegate-oci', (_container, reason) => {
      if (delegate === 'refuse' || (delegate === 'sandbox' && reason !== 'sandbox')) return undefined;
      const path = (runtime === undefined ? usual : [runtime]).find(isProgram);
      if (path !== undefined) return { path };
      throw Object.assign(
        new Error(
          runtime === undefined
            ? 'no runc and no crun is installed, to which the container could be handed'
            : `${runtime} cannot be run`,
        ),
        {
          code: 'ERR_CONFIG',
          hint: 'install one, or set runtime of delegate-oci in runnc.config',
        },
      );
    });
  },
} satisfies Plugin<Options>;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
