/** Under which name a filter is kept: all that its bytes depend on, hashed. */
import { statSync } from 'node:fs';
import type { Architecture, FilterRequest, Host } from '../../core/plugin.ts';
import { refusal } from './refusal.ts';

/** Raised when the same request makes another program than before, or filter-cache.ts another file of the same program. */
export const REVISION = 1;

const triplets: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** Where Debian, Fedora, Arch and Alpine keep libraries. */
const folders = [
  `/usr/lib/${triplets[process.arch]}`,
  `/lib/${triplets[process.arch]}`,
  '/usr/lib64',
  '/lib64',
  '/usr/lib',
  '/lib',
  '/usr/local/lib',
];

export function cacheKey({ sha256 }: Pick<Host, 'sha256'>, request: FilterRequest, { name, auditArch }: Architecture): string {
  const text = `runnc seccomp ${REVISION}\n${name} ${auditArch}\n${libraryIdentity()}\n${textOf(request)}`;
  return sha256(text).toString('hex');
}

/**
 * The request itself, not what is made of it: to check and to plan anew costs more than all the rest of a hit. Nor are
 * properties sorted: the same engine and the same tender name them in the same order each time.
 */
function textOf(request: FilterRequest): string {
  try {
    return JSON.stringify(request, (_key, value: unknown) => (typeof value === 'bigint' ? plain(value) : value));
  } catch (cause) {
    throw refusal('the seccomp profile is nested too deeply', undefined, cause);
  }
}

/** The same text for 1 and 1n. */
function plain(value: bigint): number | string {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString();
}

/**
 * Which libseccomp would be used, as far as can be said without loading it (asking for its version costs more than reading
 * the cache): another version knows other calls. One found by LD_LIBRARY_PATH or ld.so.conf only is not seen.
 */
function libraryIdentity(): string {
  const found: string[] = [];
  for (const folder of folders) {
    const file = statSync(`${folder}/libseccomp.so.2`, { throwIfNoEntry: false });
    if (file !== undefined) found.push(`${folder} ${file.size} ${file.mtimeMs}`);
  }
  return found.join(' ');
}
