/** What the core must know of aarch64, loaded on such a machine only. */
import type { Plugin } from '../../core/plugin.ts';

export default {
  name: 'arch-aarch64',
  api: 1,
  apply({ hooks }) {
    hooks.architecture.tapPromise('arch-aarch64', async (machine) => {
      if (machine !== 'arm64') return undefined;
      const [{ aarch64 }, { readKernel }] = await Promise.all([import('./aarch64.ts'), import('./kernel.ts')]);
      return aarch64(readKernel());
    });
  },
} satisfies Plugin;
