/** What stands in a configuration file: the schema's document (config/schema.json), and from it to the machine's units. */
import { RunncError } from '../core/errors.ts';
import type { ChosenPlugin, Config, ImageRule, PluginOptions, Settings } from './config.ts';
import { parseSize } from './sizes.ts';

interface TenderDocument {
  readonly preferred?: string;
  readonly allowed?: readonly string[];
  readonly hvt?: { readonly path: string };
  readonly spt?: { readonly path: string };
}

interface SettingsDocument {
  readonly memory?: string | number;
  readonly hugePages?: boolean;
  readonly tender?: TenderDocument;
  readonly unikernel?: string;
  readonly rootfs?: string;
  readonly network?: string;
  readonly options?: Readonly<Record<string, PluginOptions>>;
}

interface ProfileDocument extends SettingsDocument {
  readonly cacheDirectory?: string;
  readonly cacheSize?: string | number;
  readonly dataDirectory?: string;
  readonly plugins?: readonly (string | readonly [string, (PluginOptions | false)?])[];
  readonly images?: readonly { readonly match: string | ImageRule['match']; readonly use: SettingsDocument }[];
  readonly allowAnnotations?: readonly string[];
  readonly hookTimeLimit?: number;
  readonly debug?: boolean;
}

export interface Document extends ProfileDocument {
  readonly profiles?: Readonly<Record<string, ProfileDocument>>;
}

/** What a document or a profile sets, and nothing else. @throws RunncError ERR_CONFIG */
export function readProfile(document: ProfileDocument): Partial<Config> {
  const { cacheDirectory, cacheSize, dataDirectory, plugins, images, allowAnnotations, hookTimeLimit, debug } = document;
  return {
    ...readSettings(document),
    ...given({
      cacheDirectory,
      cacheSize: cacheSize === undefined ? undefined : readSize(cacheSize, 'cacheSize'),
      dataDirectory,
      plugins: plugins?.map(readPlugin),
      images: images?.map(({ match, use }, index) => ({
        match: readMatch(match),
        use: readSettings(use, `images[${index}].use.`),
      })),
      allowAnnotations,
      hookTimeLimit: hookTimeLimit === undefined ? undefined : hookTimeLimit * 1000,
      debug,
    }),
  };
}

function readSettings(document: SettingsDocument, where = ''): Partial<Settings> {
  const { memory, hugePages, tender, unikernel, rootfs, network, options } = document;
  return given({
    memory: memory === undefined ? undefined : readSize(memory, `${where}memory`),
    hugePages,
    tender: tender && { preferred: tender.preferred, allowed: tender.allowed },
    unikernel,
    rootfs,
    network,
    options: tender ? withExternalTenders(tender, options) : options,
  });
}

/** `tender.hvt.path` and `tender.spt.path` are options of the plugin that runs such tenders; what stands in `options` wins. */
function withExternalTenders({ hvt, spt }: TenderDocument, options: SettingsDocument['options']): SettingsDocument['options'] {
  if (!hvt && !spt) return options;
  const plugin = 'tender-external';
  return { ...options, [plugin]: { ...given({ hvt, spt }), ...options?.[plugin] } };
}

/** Without the keys that are undefined: those must not hide what stands beneath. */
function given<Values extends object>(values: Values): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

function readPlugin(entry: string | readonly [string, (PluginOptions | false)?]): ChosenPlugin {
  const [name, options = {}] = typeof entry === 'string' ? [entry] : entry;
  return { name, options };
}

const readMatch = (match: string | ImageRule['match']): ImageRule['match'] => {
  if (typeof match !== 'string') return match;
  return match.startsWith('/') ? { program: match } : { image: match };
};

function readSize(size: string | number, where: string): number {
  if (size === 0) return 0;
  try {
    return parseSize(size);
  } catch (error) {
    if (!(error instanceof RunncError)) throw error;
    throw new RunncError('ERR_CONFIG', `${where}: ${error.message}`, error.hint === undefined ? {} : { hint: error.hint });
  }
}
