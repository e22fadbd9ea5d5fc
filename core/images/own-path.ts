/** Where a container's own image is. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../sys/sha256.ts';

let boot: string | undefined;

/** Of this boot of the machine (random(4)). */
export function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return boot;
}

const thisBoot = (): string => `${bootId().slice(0, 8)}-`;

/** The same name each time, and another one for each container; `directory` is the container's folder. */
export function ownPath(folder: string, directory: string, suffix: string): string {
  return join(folder, `${thisBoot()}${sha256(directory).toString('hex').slice(0, 32)}.${suffix}`);
}

/** Removes images of containers that ended with the machine. Returns how many. */
export function removeEarlier(folder: string): number {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const earlier = names.filter((name) => !name.startsWith(thisBoot()));
  for (const name of earlier) rmSync(join(folder, name), { force: true });
  return earlier.length;
}
