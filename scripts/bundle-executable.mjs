/**
 * Run by scripts/build.mjs inside Bun: bundles the source and compiles it, with Bun itself, into one executable.
 * The flags are explained in docs/decisions/0001-single-executable.md.
 */
import { withoutChildProcess } from './without-child-process.mjs';
import { withoutWorkingDirectory } from './without-working-directory.mjs';

const [entry, outfile, architecture] = process.argv.slice(2);

const { success, logs } = await globalThis.Bun.build({
  entrypoints: [entry],
  format: 'esm',
  minify: true,
  // Stack traces in --debug logs should name our functions.
  keepNames: true,
  bytecode: true,
  // In pieces: a command reads only what it imports.
  splitting: true,
  conditions: [`compiled-${architecture}`],
  plugins: [withoutWorkingDirectory, withoutChildProcess],
  compile: {
    outfile,
    // The working directory of a runtime is the bundle, and the bundle is not ours: bunfig.toml can name code to run.
    autoloadBunfig: false,
    autoloadDotenv: false,
    autoloadPackageJson: false,
    autoloadTsconfig: false,
  },
});
for (const log of logs) console.error(log);
if (!success) process.exit(1);
