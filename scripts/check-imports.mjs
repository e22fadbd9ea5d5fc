/**
 * Checks that imports point one way:
 *
 *   main -> cli -> lifecycle, tools -> state, oci, linux, launch, tree, images -> sys -> the files of core itself (errors, plugin, ...)
 *
 *   - plugins import nothing of ours but types, from core/plugin.ts: a plugin loaded from disk could not resolve more;
 *   - core imports no plugin, and of config only config/load.ts;
 *   - nobody imports the command line, not even its types;
 *   - tests may import everything, and nobody imports a test.
 *
 * Between state, oci, linux, launch and images imports are free, as long as no cycle of files arises (biome: noImportCycles).
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const coreRank = {
  'main.ts': 4,
  cli: 3,
  tools: 2,
  lifecycle: 2,
  state: 1,
  oci: 1,
  linux: 1,
  launch: 1,
  tree: 1,
  images: 1,
  sys: 0,
};

const statement = /^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
const call = /(typeof\s+)?\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** The imports of a source text: `{ specifier, isType }`. */
export function importsOf(text) {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return [...code.matchAll(statement), ...code.matchAll(call)].map(([, type, specifier]) => ({
    specifier,
    isType: type !== undefined,
  }));
}

/** What is wrong with `from` importing `to` (paths from the top folder, with slashes); undefined when nothing is. */
export function judge(from, to, isType) {
  const source = place(from);
  const target = place(to);
  if (isTest(from)) return undefined;
  if (isTest(to)) return 'only tests import tests';
  if (source.area === 'plugins') {
    if (target.area === 'plugins') {
      return source.part === target.part ? undefined : 'a plugin does not know another plugin: the core brings them together';
    }
    if (to === 'core/plugin.ts' && isType) return undefined;
    return 'a plugin imports only types, from core/plugin.ts: everything else is handed to apply()';
  }
  if (target.area === 'core' && target.part === 'cli' && source.part !== 'cli' && from !== 'core/main.ts') {
    return 'nobody imports the command line';
  }
  if (source.area === 'core') {
    if (target.area === 'plugins') return 'the core knows no plugin: config/ brings them in';
    if (target.area === 'config')
      return to === 'config/load.ts' || isType ? undefined : 'the core reads config through config/load.ts only';
    if (!isType && target.rank > source.rank) return `imports point one way: ${target.part} stands above ${source.part}`;
  }
  return undefined;
}

function place(file) {
  const [area = '', part = ''] = file.split('/');
  return { area, part, rank: area === 'core' ? (coreRank[part] ?? -1) : 0 };
}

function isTest(file) {
  return (
    file.startsWith('test/') || file.startsWith('bench/') || file.includes('/testing/') || /\.(test|bench)\.(ts|mjs)$/.test(file)
  );
}

function sourcesBeneath(folder) {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let wrong = 0;
  for (const file of ['core', 'plugins', 'config'].flatMap(sourcesBeneath)) {
    for (const { specifier, isType } of importsOf(readFileSync(path.join(root, file), 'utf8'))) {
      if (!specifier.startsWith('.')) continue;
      const target = path.join(path.dirname(file), specifier);
      if (target.startsWith('node_modules/')) continue;
      const complaint = judge(file, target, isType);
      if (complaint === undefined) continue;
      console.error(`${file}: imports ${target}: ${complaint}`);
      wrong += 1;
    }
  }
  if (wrong > 0) process.exitCode = 1;
}
