/** Under which name a filter is kept: all that its bytes depend on, hashed. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Architecture } from '../../core/plugin.ts';
import { type FilterPlan, textOfPlan } from './filter-plan.ts';

/** Raised when libseccomp.ts makes another program of the same plan, or filter-cache.ts another file of the same program. */
const REVISION = 1;

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

export function cacheKey(plan: FilterPlan, { name, auditArch }: Architecture): string {
  const text = `runnc seccomp ${REVISION}\n${name} ${auditArch}\n${libraryIdentity()}\n${textOfPlan(plan)}`;
  return createHash('sha256').update(text).digest('hex');
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
