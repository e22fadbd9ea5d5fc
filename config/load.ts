/** The configuration of runnc: found, trusted, loaded, checked, completed. */

import { RunncError } from '../core/errors.ts';
import { type Explanation, explain } from '../core/oci/explain.ts';
import type { ChosenPlugin, Config } from './config.ts';
import { defaults } from './defaults.ts';
import { findConfig, type Places } from './find.ts';
import { parseSize } from './sizes.ts';
import { trustedPath } from './trust.ts';

export { builtIn } from './registry.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** Where it is from, symbolic links resolved; undefined: all as built in. */
  readonly file: string | undefined;
}

/** The schema's document: config/schema.json. */
interface Document {
  readonly memory?: string | number;
  readonly hugePages?: boolean;
  readonly cacheDirectory?: string;
  readonly plugins?: readonly (string | readonly [string, ChosenPlugin['options']?])[];
  readonly unikernel?: string;
  readonly tender?: { readonly preferred?: string; readonly allowed?: readonly string[] };
  readonly debug?: boolean;
}

/** Without a configuration file this costs one readdir, and no library is imported. */
export async function loadConfig(places: Places = {}): Promise<LoadedConfig> {
  const found = findConfig(places);
  if (found === undefined) return { config: defaults, file: undefined };
  // From here on only by the real path: whoever owns a link could turn it elsewhere after it was judged.
  const file = trustedPath(found);
  const { readConfig } = await import('./read.ts');
  return { config: await parseConfig(await readConfig(file), file), file };
}

/** From what a configuration file says to the whole configuration. `file` is for the errors. */
export async function parseConfig(document: unknown, file: string): Promise<Config> {
  const { violations } = await import('../core/generated/validate-config.mjs');
  // An empty file sets nothing.
  const said = document ?? {};
  const [violation] = violations(said);
  if (violation !== undefined) throw refusal(file, explain(violation, said, 'the configuration'));
  return complete(said as Document, file);
}

function complete(document: Document, file: string): Config {
  const { preferred, allowed } = document.tender ?? {};
  if (preferred !== undefined && allowed?.includes(preferred) === false) {
    throw refusal(file, {
      message: `tender.preferred, ${JSON.stringify(preferred)}, is not among tender.allowed`,
      hint: undefined,
    });
  }
  return {
    memory: document.memory === undefined ? defaults.memory : memoryOf(document.memory, file),
    hugePages: document.hugePages ?? defaults.hugePages,
    cacheDirectory: document.cacheDirectory ?? defaults.cacheDirectory,
    plugins: document.plugins?.map((entry) => pluginOf(entry)) ?? defaults.plugins,
    unikernel: document.unikernel ?? defaults.unikernel,
    tender: { preferred: preferred ?? defaults.tender.preferred, allowed: allowed ?? defaults.tender.allowed },
    debug: document.debug ?? defaults.debug,
  };
}

function pluginOf(entry: string | readonly [string, ChosenPlugin['options']?]): ChosenPlugin {
  const [name, options = {}] = typeof entry === 'string' ? [entry] : entry;
  return { name, options };
}

function memoryOf(size: string | number, file: string): number {
  try {
    return parseSize(size);
  } catch (error) {
    if (!(error instanceof RunncError)) throw error;
    throw refusal(file, { message: `memory: ${error.message}`, hint: error.hint });
  }
}

function refusal(file: string, { message, hint }: Explanation): RunncError {
  return new RunncError('ERR_CONFIG', `${file}: ${message}`, hint === undefined ? {} : { hint });
}
