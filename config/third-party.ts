/** Plugins that are not built in: found in npm packages and files, trusted, loaded, and looked at before they are believed. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { RunncError } from '../core/errors.ts';
import { nearest } from '../core/oci/nearest.ts';
import type { Plugin } from '../core/plugin.ts';
import { trustedFolder, trustedPath } from './trust.ts';

/** Where packages are looked for: what an administrator installs with npm, and what the system's packages bring. */
export const pluginFolders = ['/etc/runnc/node_modules', '/usr/lib/runnc/plugins'] as const;

const extensions = ['.js', '.mjs', '.cjs', '.ts'];
/** A package's name, perhaps with a scope (npm's validate-npm-package-name). No dots in front, so that none leads out of the folder. */
const packageName = /^(@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*$/;

export interface ThirdParty {
  // biome-ignore lint/suspicious/noExplicitAny: each plugin has options of its own, checked against its schema
  readonly plugin: Plugin<any>;
  /** The file that it was loaded from. */
  readonly file: string;
}

/**
 * Finds and loads the plugin that runnc.config calls `name`.
 * @throws RunncError ERR_CONFIG when there is none or it is not trusted, ERR_PLUGIN when it is none
 */
export async function loadThirdParty(
  name: string,
  builtIn: readonly string[],
  timeLimit: number,
  folders: readonly string[] = pluginFolders,
): Promise<ThirdParty> {
  const file = findPlugin(name, builtIn, folders);
  return { plugin: pluginOf(await importWithin(timeLimit, name, file), name, file), file };
}

/** The real path of the plugin's module; it and what belongs to it can be changed by root only. */
export function findPlugin(name: string, builtIn: readonly string[], folders: readonly string[] = pluginFolders): string {
  if (path.isAbsolute(name)) return moduleAt(path.normalize(name));
  if (!packageName.test(name)) {
    throw new RunncError('ERR_CONFIG', `plugins: ${JSON.stringify(name)} is neither the name of a package nor an absolute path`);
  }
  for (const folder of folders) {
    const place = [path.join(folder, name), ...extensions.map((extension) => path.join(folder, name + extension))].find(
      existsSync,
    );
    if (place !== undefined) return moduleAt(place);
  }
  const near = nearest(name, builtIn);
  throw new RunncError('ERR_CONFIG', `plugins: there is no plugin ${name}, neither built in nor in ${folders.join(' or ')}`, {
    hint: near === undefined ? `install it: npm install --prefix /etc/runnc ${name}` : `did you mean ${near}?`,
  });
}

/** A file as it is; in a folder what its package.json says. */
function moduleAt(place: string): string {
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory()) return trustedPath(place);
  const folder = trustedFolder(place);
  const entry = entryOf(folder);
  const file = path.resolve(folder, entry);
  if (!file.startsWith(`${folder}/`))
    throw new RunncError('ERR_PLUGIN', `${folder}: its package.json leads out of its folder: ${entry}`);
  return trustedPath(file);
}

/** Of package.json: `exports`, else `main`, else index.js. */
function entryOf(folder: string): string {
  const file = path.join(folder, 'package.json');
  if (!existsSync(file)) return 'index.js';
  let said: { readonly exports?: unknown; readonly main?: unknown } | null;
  try {
    said = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new RunncError('ERR_PLUGIN', `${file} is not valid JSON`, { cause });
  }
  return target(said?.exports) ?? (typeof said?.main === 'string' ? said.main : 'index.js');
}

/** The module of `exports` for `import` (nodejs.org/api/packages.html, "Conditional exports"). */
function target(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return undefined;
  for (const [key, value] of Object.entries(exports)) {
    if (['.', 'import', 'node', 'default'].includes(key)) {
      const found = target(value);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

async function importWithin(timeLimit: number, name: string, file: string): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      import(/* @vite-ignore */ pathToFileURL(file).href),
      new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not loaded within ${timeLimit / 1000} s`)), timeLimit);
      }),
    ]);
  } catch (cause) {
    const why = String(cause instanceof Error ? cause.message : cause).split('\n')[0];
    throw new RunncError('ERR_PLUGIN', `plugin ${name} (${file}) cannot be loaded: ${why}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** What the module exports as its default, if that has the form of a plugin. Its version is judged by the runtime. */
export function pluginOf(module: unknown, name: string, file: string): ThirdParty['plugin'] {
  const value = (module as { readonly default?: unknown }).default;
  const refuse = (why: string): never => {
    throw new RunncError('ERR_PLUGIN', `plugin ${name} (${file}) is not one: ${why}`, {
      hint: 'export default { name, api, apply } (docs/plugins.md)',
    });
  };
  if (typeof value !== 'object' || value === null) return refuse('it exports no object as its default');
  const plugin = value as Partial<Record<keyof Plugin, unknown>>;
  if (typeof plugin.name !== 'string' || !/^[\w.@/-]{1,100}$/.test(plugin.name)) return refuse('it has no name');
  if (typeof plugin.apply !== 'function') return refuse('apply is not a function');
  if (plugin.api === undefined) return refuse('it does not say for which version of the plugin interface it is written (api)');
  if (plugin.options !== undefined && (typeof plugin.options !== 'object' || plugin.options === null))
    return refuse('options is not a JSON Schema');
  const { needs = [] } = plugin;
  if (!Array.isArray(needs) || needs.some((need) => typeof need !== 'string')) return refuse('needs is not a list of names');
  return value as ThirdParty['plugin'];
}
