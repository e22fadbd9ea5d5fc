/** The configuration of runnc: found, trusted, loaded, checked, completed. */

import { RunncError } from '../core/errors.ts';
import { explain } from '../core/oci/explain.ts';
import type { Config } from './config.ts';
import { defaults } from './defaults.ts';
import { type Document, readProfile } from './document.ts';
import { findConfig, type Places } from './find.ts';
import { type Layer, mergeLayers } from './layers.ts';
import { trustedPath } from './trust.ts';

export { defaults as defaultConfig } from './defaults.ts';
export { builtIn } from './registry.ts';
export { parseSize } from './sizes.ts';

/** For the plugins that are not built in: imported only where there are some. */
export const thirdParty = () => import('./third-party.ts');
/** What is published for editors. */
export const fullSchema = () => import('./full-schema.ts');
/** For plugins that have options: imported only where some are given. */
export const optionsOf = () => import('./plugin-options.ts');
/** For containers whose image or annotations set something: imported only where that can be. */
export const containerSettings = () => import('./container-settings.ts');

export interface LoadedConfig {
  readonly config: Config;
  /** Where it is from, symbolic links resolved; undefined: all as built in. */
  readonly file: string | undefined;
  readonly layers: readonly Layer[];
}

export interface ConfigRequest extends Places {
  /** Of --profile. */
  readonly profile?: string | undefined;
}

/** Without a configuration file this costs one readdir, and no library is imported. */
export async function loadConfig({ profile, ...places }: ConfigRequest = {}): Promise<LoadedConfig> {
  const found = findConfig(places);
  if (found === undefined) {
    if (profile !== undefined)
      throw new RunncError('ERR_CONFIG', `there is no runnc.config that could have the profile ${JSON.stringify(profile)}`);
    return { config: defaults, file: undefined, layers: [] };
  }
  // From here on only by the real path: whoever owns a link could turn it elsewhere after it was judged.
  const file = trustedPath(found);
  const { readConfig } = await import('./read.ts');
  return { ...(await parseConfig(await readConfig(file), file, profile)), file };
}

/** From what a configuration file says to the whole configuration. `file` is for the errors. */
export async function parseConfig(
  document: unknown,
  file: string,
  profile?: string,
): Promise<Pick<LoadedConfig, 'config' | 'layers'>> {
  const { violations } = await import('../core/generated/validate-config.mjs');
  // An empty file sets nothing.
  const said = document ?? {};
  const [violation] = violations(said);
  if (violation !== undefined) {
    const { message, hint } = explain(violation, said, 'the configuration');
    throw refusal(file, message, hint);
  }
  const layers = layersOf(said as Document, file, profile);
  const config = mergeLayers(layers, defaults);
  const { preferred, allowed } = config.tender;
  if (preferred !== undefined && allowed?.includes(preferred) === false) {
    throw refusal(file, `tender.preferred, ${JSON.stringify(preferred)}, is not among tender.allowed`);
  }
  return { config, layers };
}

function layersOf(document: Document, file: string, profile: string | undefined): readonly Layer[] {
  const { profiles = {} } = document;
  const read = (part: Document, where: string) => {
    try {
      return readProfile(part);
    } catch (error) {
      if (!(error instanceof RunncError)) throw error;
      throw refusal(file, `${where}${error.message}`, error.hint);
    }
  };
  const base = { source: file, values: read(document, '') };
  // Each is read, so that one that is never chosen is right, too.
  const known = Object.entries(profiles).map(([name, part]) => [name, read(part, `profiles.${name}: `)] as const);
  if (profile === undefined) return [base];
  const [, values] = known.find(([name]) => name === profile) ?? [];
  if (values === undefined) {
    const names = Object.keys(profiles);
    throw refusal(
      file,
      `there is no profile ${JSON.stringify(profile)}`,
      names.length === 0 ? 'profiles is empty' : `known: ${names.join(', ')}`,
    );
  }
  return [base, { source: `${file}, profile ${profile}`, values }];
}

function refusal(file: string, message: string, hint?: string): RunncError {
  return new RunncError('ERR_CONFIG', `${file}: ${message}`, hint === undefined ? {} : { hint });
}
