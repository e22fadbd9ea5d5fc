/** How much the cache may take, and what killed processes left in it. */
import { closeSync, constants, lstatSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sameFile } from '../state/lock.ts';
import { besideOf, imageOf, recordOf, removeEntry } from './entry.ts';

/** What stat(2) counts blocks in. */
const statBlock = 512;
/** A record without an image this old belongs to a process that died in between, in milliseconds. */
const abandonedAfter = 60_000;

export interface Kept {
  readonly key: string;
  /** What it takes on the disk, in bytes. */
  readonly bytes: number;
  /** When it was last used, in milliseconds since 1970. */
  readonly used: number;
  /** Containers whose own file is this very one. */
  readonly users: number;
}

/** All images, the one that was used last first. */
export function keptIn(folder: string): readonly Kept[] {
  return namesIn(folder, '.img')
    .flatMap((key): readonly Kept[] => {
      const image = lstatSync(imageOf(folder, key), { throwIfNoEntry: false });
      const record = lstatSync(recordOf(folder, key), { throwIfNoEntry: false });
      if (!image) return [];
      const beside = lstatSync(besideOf(folder, key), { throwIfNoEntry: false });
      const blocks = image.blocks + (beside?.blocks ?? 0);
      return [{ key, bytes: blocks * statBlock, used: record?.mtimeMs ?? 0, users: image.nlink - 1 }];
    })
    .sort((one, other) => other.used - one.used);
}

/** Removes those that were not used for longest, until the others take no more than `most` bytes. Returns what was removed. */
export function makeRoom(folder: string, most: number, except?: string): readonly Kept[] {
  const removed: Kept[] = [];
  let total = 0;
  for (const kept of keptIn(folder)) {
    total += kept.bytes;
    if (total <= most || kept.key === except) continue;
    removeEntry(folder, kept.key);
    total -= kept.bytes;
    removed.push(kept);
  }
  return removed;
}

/** Removes what processes left that were killed: drafts that nobody holds, records without an image. Returns how many. */
export async function sweep(folder: string): Promise<number> {
  let count = 0;
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const isLeft = name.endsWith('.new') ? await removeDraft(path) : isAbandoned(folder, name);
    if (!isLeft) continue;
    rmSync(path, { force: true });
    count += 1;
  }
  return count;
}

function isAbandoned(folder: string, name: string): boolean {
  const stat = lstatSync(join(folder, name), { throwIfNoEntry: false });
  if (stat === undefined || name.endsWith('.img') || Date.now() - stat.mtimeMs < abandonedAfter) return false;
  const [, key] = /^([0-9a-f]+)\.(?:json|beside)$/.exec(name) ?? [];
  return key === undefined || lstatSync(imageOf(folder, key), { throwIfNoEntry: false }) === undefined;
}

/** While it is locked: whoever waits for it sees that it is gone. */
async function removeDraft(path: string): Promise<boolean> {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch {
    return false;
  }
  try {
    const { tryLock } = await import('#flock');
    if (!(await tryLock(fd)) || !sameFile(fd, path)) return false;
    rmSync(path, { force: true });
    return true;
  } finally {
    closeSync(fd);
  }
}

function namesIn(folder: string, suffix = ''): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(suffix))
      .map((name) => name.slice(0, name.length - suffix.length));
  } catch {
    // Nothing was ever kept.
    return [];
  }
}
