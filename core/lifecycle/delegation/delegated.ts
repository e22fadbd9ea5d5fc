/**
 * Which containers are another OCI runtime's: a file in the container's own folder says so. Every command asks, so that this file
 * imports nothing that is not loaded anyway.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../state/store.ts';

/** Name of that file; it holds the path of the other runtime. */
export const marker = 'delegate';

/** Path of the runtime that has the container, or undefined if it is ours. Costs one system call for ours. */
export function delegateOf(store: Store, id: string): string | undefined {
  const file = join(store.directory(id), marker);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
