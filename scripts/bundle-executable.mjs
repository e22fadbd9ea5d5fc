/**
 * Run by scripts/build.mjs inside Bun: bundles the source and compiles it, with Bun itself, into one executable.
 * The flags are explained in docs/decisions/0001-single-executable.md.
 */
import path from 'node:path';
import { withoutChildProcess } from './without-child-process.mjs';
import { withoutUtil } from './without-util.mjs';
import { withoutWorkingDirectory } from './without-working-directory.mjs';

const [entry, outfile, processor, packages, bun] = process.argv.slice(2);

/** koffi's addon for another processor is not in node_modules: npm installs those of the machine that it runs on. */
const addonOfTarget = {
  name: 'addon-of-target',
  setup({ onResolve }) {
    onResolve({ filter: /\/node_modules\/@koromix\/koffi-linux-.*\.node$/ }, ({ path: told }) => ({
      path: path.join(packages, told.slice(told.indexOf('@koromix/'))),
    }));
  },
};

const { success, logs } = await globalThis.Bun.build({
  entrypoints: [entry],
  format: 'esm',
  minify: true,
  // Stack traces in --debug logs should name our functions.
  keepNames: true,
  bytecode: true,
  // In pieces: a command reads only what it imports.
  splitting: true,
  // What a plugin resolves loses the `type: 'file'` of its import.
  loader: { '.node': 'file' },
  conditions: [`compiled-${processor}`],
  plugins: [addonOfTarget, withoutWorkingDirectory, withoutChildProcess, withoutUtil],
  compile: {
    outfile,
    target: `bun-linux-${processor}`,
    execPath: bun,
    // The working directory of a runtime is the bundle, and the bundle is not ours: bunfig.toml can name code to run.
    autoloadBunfig: false,
    autoloadDotenv: false,
    autoloadPackageJson: false,
    autoloadTsconfig: false,
  },
});
for (const log of logs) console.error(log);
if (!success) process.exit(1);
