/** Loads exactly one configuration file, by the loader of its extension. Imported only when there is one. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { RunncError } from '../core/errors.ts';
import { whereJsonBreaks } from '../core/oci/json-text.ts';
import { extensions } from './find.ts';

/** Far more than anybody writes. */
const LARGEST = 1024 * 1024;

type Loader = (file: string, content: string) => unknown;

/**
 * What a trusted file says, as its loader gives it.
 *
 * The loaders of JSON and YAML are cosmiconfig's, and the rest of it stays out. Its explorers look for settings of their
 * own in the working directory (package.json, .config/config.js, which they run), and that is the bundle; they follow
 * `$import` to files that nobody has judged; and its loader of modules runs one that throws a second time.
 */
export async function readConfig(file: string): Promise<unknown> {
  const extension = path.extname(file);
  const load = await loaderOf(extension);
  if (load === undefined) {
    throw new RunncError('ERR_CONFIG', `${file} has an unknown extension`, {
      hint: `the known ones are ${extensions.join(', ')}`,
    });
  }
  if (statSync(file).size > LARGEST) throw new RunncError('ERR_CONFIG', `${file} is larger than ${LARGEST / 1024 / 1024} MiB`);
  const content = readFileSync(file, 'utf8');
  if (content.trim() === '') return undefined;
  try {
    return await load(file, content);
  } catch (cause) {
    const where = extension === '.json' ? whereJsonBreaks(content) : undefined;
    const why =
      where === undefined
        ? `cannot be loaded: ${brief(cause, file)}`
        : `is not valid JSON at line ${where.line}, column ${where.column}`;
    throw new RunncError('ERR_CONFIG', `${file} ${why}`, { cause });
  }
}

async function loaderOf(extension: string): Promise<Loader | undefined> {
  if (!extensions.some((known) => known === extension)) return undefined;
  if (extension.endsWith('s')) return importModule;
  const { defaultLoaders } = await import('cosmiconfig');
  return extension === '.json' ? defaultLoaders['.json'] : defaultLoaders['.yaml'];
}

/** By the engine itself. Bun, and Node since 22.18, run TypeScript too. */
async function importModule(file: string): Promise<unknown> {
  let module: { readonly default?: unknown };
  try {
    module = await import(/* @vite-ignore */ pathToFileURL(file).href);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_UNKNOWN_FILE_EXTENSION')) throw cause;
    throw new Error(`Node ${process.versions.node} does not run TypeScript`, { cause });
  }
  const said = await module.default;
  // A forgotten `export default` must not pass for a configuration that sets nothing.
  if (said === undefined) throw new Error('it exports no default');
  return said;
}

/** The first line of a loader's message that is not the file's name, which stands before it already. */
function brief(error: unknown, file: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const lines = message.split('\n').filter((line) => line.trim() !== '' && !line.endsWith(`${file}:`));
  return (lines[0] ?? 'the reason is not known').trim();
}
