/**
 * Builds what users run: dist/runnc, one executable made by Bun that needs neither Node nor node_modules, and
 * dist/runnc.mjs, the same source bundled for Node (beside node_modules, where koffi stays); and what plugin authors import,
 * dist/plugin.mjs and dist/testing.mjs with their types.
 *
 *   node scripts/build.mjs [--if-stale] [--entry FILE] [--outdir DIR] [--only executable|node|kit] [--target x64|arm64]
 *
 * With another target than this machine's processor only dist/runnc-TARGET is made, the executable for it. RUNNC_BUN names another Bun to build with and into the executable (its `-baseline` build for processors without AVX2).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { architectureOf, canCompileFor, compilerPackages } from './compilers.mjs';
import { foreignPackages } from './foreign-packages.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const bunPackages = { x64: 'bun-linux-x64', arm64: 'bun-linux-aarch64' };
/** Everything that ends up in the executable, or decides how. */
const sources = ['core', 'plugins', 'config', 'scripts', 'package.json', 'package-lock.json'];

/** Makes dist/runnc and dist/runnc.mjs; returns their paths. With `ifStale` only those older than the source. */
export async function build({
  entry = 'core/main.ts',
  outdir = 'dist',
  only,
  ifStale = false,
  target: processor = process.arch,
} = {}) {
  const folder = path.resolve(root, outdir);
  const isForeign = processor !== process.arch;
  const makers = { executable: buildExecutable, node: buildForNode, kit: buildKit };
  const targets = isForeign
    ? { executable: path.join(folder, `runnc-${processor}`) }
    : { executable: path.join(folder, 'runnc'), node: path.join(folder, 'runnc.mjs'), kit: path.join(folder, 'kit') };
  mkdirSync(folder, { recursive: true });
  const newestSource = Math.max(...sources.map((source) => newest(path.join(root, source))));
  for (const [kind, target] of Object.entries(targets)) {
    if (only !== undefined && only !== kind) continue;
    if (ifStale && newest(target) >= newestSource) continue;
    // Renamed into place, so that a runnc which is running is neither disturbed nor in the way ("text file busy").
    const workshop = mkdtempSync(path.join(folder, '.build-'));
    try {
      const made = path.join(workshop, path.basename(target));
      await makers[kind](path.resolve(root, entry), made, processor);
      // Of the three only the kit is a folder, and rename(2) does not replace one that has files.
      if (kind === 'kit') rmSync(target, { recursive: true, force: true });
      renameSync(made, target);
    } finally {
      rmSync(workshop, { recursive: true, force: true });
    }
  }
  return targets;
}

function buildExecutable(entry, outfile, processor) {
  const architecture = architectureOf(processor);
  if (!canCompileFor(architecture))
    throw new Error(`code for ${processor} needs ${compilerPackages(architecture)}, which are not installed`);
  const packages = processor === process.arch ? path.join(root, 'node_modules') : foreignPackages(processor);
  const bunOf = (folder, name) => path.join(folder, '@oven', bunPackages[name], 'bin/bun');
  // One Bun runs the bundler, and one goes into the executable.
  const bun = process.env['RUNNC_BUN'] ?? bunOf(path.join(root, 'node_modules'), process.arch);
  const inside = processor === process.arch ? bun : bunOf(packages, processor);
  const missing = [bun, inside].find((file) => !existsSync(file));
  if (missing !== undefined) throw new Error(`${missing} is missing: run "npm ci" first (it is an optional dependency)`);
  const script = path.join(root, 'scripts/bundle-executable.mjs');
  const { status, signal, error } = spawnSync(bun, [script, entry, outfile, processor, packages, inside], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error !== undefined || status !== 0) throw new Error(`bun could not build ${entry}`, { cause: error ?? signal ?? status });
}

function buildForNode(entry, outfile) {
  return bundleForNode({ entryPoints: [entry], outfile, program: true });
}

/** Modules and types for authors of plugins: package.json, "exports". */
async function buildKit(_entry, outdir) {
  const entryPoints = { plugin: 'core/plugin-kit.ts', testing: 'core/testing/index.ts' };
  await bundleForNode({ entryPoints, outdir, outExtension: { '.js': '.mjs' }, program: false });
  const tsc = path.join(root, 'node_modules/.bin/tsc');
  const { status } = spawnSync(tsc, ['-p', 'tsconfig.kit.json', '--outDir', path.join(outdir, 'types')], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the types of the kit could not be made');
}

async function bundleForNode({ program, ...places }) {
  const [{ build: bundle }, { withoutWorkingDirectory }] = await Promise.all([
    import('esbuild'),
    import('./without-working-directory.mjs'),
  ]);
  await bundle({
    ...places,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['koffi'],
    plugins: [withoutWorkingDirectory],
    // CommonJS packages inside an ES module still call require() for Node's own modules.
    banner: {
      js: `${program ? '#!/usr/bin/env node\n' : ''}import { createRequire as bundledRequire } from 'node:module'; const require = bundledRequire(import.meta.url);`,
    },
    logLevel: 'warning',
  });
}

/** Time of the youngest file at or beneath `file`; 0 when there is none. */
function newest(file) {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(0, ...readdirSync(file).map((name) => newest(path.join(file, name))));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      'if-stale': { type: 'boolean', default: false },
      entry: { type: 'string' },
      outdir: { type: 'string' },
      only: { type: 'string' },
      target: { type: 'string' },
    },
  });
  const { 'if-stale': ifStale, ...rest } = values;
  try {
    const targets = await build({ ifStale, ...rest });
    for (const target of Object.values(targets)) {
      if (existsSync(target) && statSync(target).isFile())
        console.log(`${path.relative(root, target)}: ${(statSync(target).size / 2 ** 20).toFixed(1)} MiB`);
    }
  } catch (error) {
    console.error(`build: ${error.message}`);
    process.exitCode = 1;
  }
}
