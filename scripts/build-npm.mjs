/**
 * Makes the npm package of what `npm run build` made: `npm run build:npm` writes dist/runnc-VERSION.tgz. Not packed from the top
 * folder, since whoever installs it wants neither the tools of the build nor the libraries that are bundled already.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { canCompileFor, compilerPackages } from './compilers.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** koffi has an addon for each platform, and the types name tapable's. */
const needed = ['koffi', 'tapable'];
const kept = ['name', 'version', 'description', 'license', 'type', 'os', 'engines', 'bin', 'exports'];

/** Returns the package's path. It is for all processors, so that all players have to be in it. */
export function buildNpm(outdir = path.join(root, 'dist')) {
  for (const architecture of ['x86_64', 'aarch64']) {
    if (!canCompileFor(architecture))
      throw new Error(`the npm package needs ${compilerPackages(architecture)}, which are not installed`);
  }
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-npm-'));
  try {
    for (const name of ['README.md', 'LICENSE', 'CHANGELOG.md', 'docs', 'examples', 'dist/runnc.mjs', 'dist/kit'])
      cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
    const dependencies = Object.fromEntries(needed.map((name) => [name, manifest.dependencies[name]]));
    const own = {
      ...Object.fromEntries(kept.map((key) => [key, manifest[key]])),
      dependencies,
      // For those who compile plugins against our types, which speak of Node's.
      peerDependencies: { '@types/node': '>=20' },
      peerDependenciesMeta: { '@types/node': { optional: true } },
    };
    writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(own, undefined, 2)}\n`);
    const name = execFileSync('npm', ['pack', '--silent', '--pack-destination', path.resolve(outdir)], {
      cwd: folder,
      encoding: 'utf8',
    });
    return path.join(outdir, name.trim());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(path.relative(root, buildNpm()));
