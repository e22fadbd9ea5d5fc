/** Builds an image for the cache, under a lock that one of all who want it holds. */
import { closeSync, constants, openSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import type { ImageRequest, Json } from '../plugin.ts';
import { sameFile } from '../state/lock.ts';
import { sleep } from '../sys/sleep.ts';
import { checksumsOf } from './checksum.ts';
import type { Content } from './content.ts';
import { usualDepth } from './engine-layers.ts';
import { besideOf, draftOf, identityOf, imageOf, readEntry, writeRecord } from './entry.ts';
import type { CacheOptions } from './options.ts';
import { share } from './own-file.ts';
import { bootId, removeEarlier } from './own-path.ts';
import { sweep } from './room.ts';
import { beginSeal } from './seal.ts';
import { move, withRoom } from './take.ts';

/** `again` when somebody else was faster. */
export async function build(
  { folder, ownFolder }: CacheOptions,
  key: string,
  { layers, read, since }: Content,
  { kind, path, beside, build }: ImageRequest,
): Promise<Built | 'again'> {
  await sweep(folder);
  removeEarlier(ownFolder);
  const draft = draftOf(folder, key);
  const fd = openSync(draft, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    await lock(fd);
    if (!sameFile(fd, draft)) return 'again';
    if (readEntry(folder, key) !== undefined) return 'again';
    const notes = await withRoom(folder, key, async () => {
      // Of a builder that was killed, or had no room.
      truncateSync(draft);
      if (beside !== undefined) rmSync(beside, { force: true });
      return build(draft);
    });
    const sealing = await beginSeal(read, 'files');
    const ofFolders = layers.length > 0 && usualDepth(layers) === 'folders' ? await beginSeal(layers, 'folders') : undefined;
    const checksum = await checksumsOf(draft, beside);
    const [seal, folders] = [await sealing.seal(), await ofFolders?.seal()];
    // Something has changed since the image began to be read, or the layers cannot be looked through.
    if (seal === undefined || seal.newest() >= since || (folders?.newest() ?? 0) >= since) {
      await move(draft, path);
      return { notes, alone: true };
    }
    const file = identityOf(statSync(draft));
    const also = beside === undefined ? {} : { beside: await keepBeside(beside, besideOf(folder, key)) };
    const looked = { layers, seal: seal.text, ...(folders ? { folders: folders.text } : {}) };
    writeRecord(folder, key, { kind, file, ...also, boot: bootId(), checksum, ...looked, notes });
    renameSync(draft, imageOf(folder, key));
    return { notes };
  } finally {
    // Where it has become the image it is here no more. Removed under the lock: whoever waits for it sees that it is gone.
    if (sameFile(fd, draft)) rmSync(draft, { force: true });
    closeSync(fd);
  }
}

/** Returns its identity. */
async function keepBeside(own: string, kept: string): Promise<string> {
  // Of a builder that was killed.
  rmSync(kept, { force: true });
  await share(own, kept);
  return identityOf(statSync(kept));
}

interface Built {
  readonly notes: Json;
  readonly alone?: true;
}

async function lock(fd: number): Promise<void> {
  const { tryLock } = await import('#flock');
  // The time limit of the hook ends it.
  for (let wait = 1; !(await tryLock(fd)); wait = Math.min(wait * 2, 10)) await sleep(wait);
}
