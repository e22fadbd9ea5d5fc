/** Cgroups on a machine that has version 2 alone: a virtual one. Needs qemu-system-x86_64. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { cache } from '../vm/debian-package.ts';
import { missingForVm, runInVm } from '../vm/run-in-vm.ts';

const missing = missingForVm();
const packages = join(import.meta.dirname, '../../node_modules');

test.skipIf(missing)(`version 2 by itself${missing ? ` (needs ${missing})` : ''}`, { timeout: 180_000 }, async () => {
  const payload = join(cache, 'cgroup-v2-payload.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'cgroup-v2-payload.ts')],
    outfile: payload,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['koffi'],
    logLevel: 'error',
  });
  const result = await runInVm({
    files: {
      '/usr/bin/node': process.execPath,
      '/test/payload.mjs': payload,
      '/test/node_modules/koffi': join(packages, 'koffi'),
      '/test/node_modules/@koromix': join(packages, '@koromix'),
    },
    script: 'exec node /test/payload.mjs',
    timeoutSeconds: 90,
  });
  expect(result.output).toContain('checks, 0 failed, cgroups left: nr_descendants 0');
  expect(result.status).toBe(0);
});
