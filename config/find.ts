/** Where runnc.config is: told, or in /etc/runnc. Never beside the bundle, in the image, or in the working directory. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { RunncError } from '../core/errors.ts';

/** The extensions that can be loaded. */
export const extensions = ['.json', '.yaml', '.yml', '.js', '.mjs', '.cjs', '.ts'] as const;

export interface Places {
  /** Of --config. */
  readonly path?: string | undefined;
  /** runnc's own environment; the container's has no say. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where to look when nothing is told. */
  readonly directory?: string;
}

/** The configuration file that applies, or undefined if there is none. One that is told need not exist; loading says so. */
export function findConfig({ path: told, environment = process.env, directory = '/etc/runnc' }: Places): string | undefined {
  if (told !== undefined) return absolute(told, '--config');
  const variable = environment.RUNNC_CONFIG;
  if (variable !== undefined && variable !== '') return absolute(variable, '$RUNNC_CONFIG');
  const names = list(directory).filter((name) => extensions.some((extension) => name === `runnc.config${extension}`));
  const [first, second] = names.sort();
  if (first === undefined) return undefined;
  if (second === undefined) return path.join(directory, first);
  throw new RunncError('ERR_CONFIG', `${directory} has two configurations, ${first} and ${second}`, { hint: 'keep one of them' });
}

/** The engines call runnc with the bundle as working directory, and no configuration may come from there. */
function absolute(file: string, source: string): string {
  if (path.isAbsolute(file)) return path.normalize(file);
  throw new RunncError('ERR_CONFIG', `${source} must be an absolute path, not ${JSON.stringify(file)}`);
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT') return [];
    throw new RunncError('ERR_CONFIG', `${directory} cannot be read: ${String(code)}`, { cause });
  }
}
