/** From the cache to the container, with what room there is. */
import { existsSync, renameSync, statSync } from 'node:fs';
import type { ImageRequest, Json } from '../plugin.ts';
import { besideOf, imageOf, removeEntry, touch } from './entry.ts';
import type { CacheOptions } from './options.ts';
import { bring, codeOf, copy, share } from './own-file.ts';
import { makeRoom } from './room.ts';

/** The container's own file. Where there is no room for two it is the cached one, which is in the cache no more: false. */
export async function take(
  { folder, size: most }: CacheOptions,
  key: string,
  { path, beside, writable, written }: ImageRequest,
  notes: Json,
): Promise<boolean> {
  const image = imageOf(folder, key);
  const { blocks, nlink } = statSync(image);
  // One that others have already cannot be given away.
  const isKept = blocks * 512 <= most || nlink > 1;
  // Whoever has built it has it already.
  if (beside !== undefined && !existsSync(beside)) await share(besideOf(folder, key), beside);
  let noSpace: unknown;
  try {
    if (isKept) {
      await withRoom(folder, key, () => (writable ? copy : share)(image, path));
      if (written) bring(image, path, written(notes));
      touch(folder, key);
      return true;
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOSPC' || nlink > 1) throw error;
    noSpace = error;
  }
  try {
    await move(image, path);
  } catch (error) {
    throw noSpace ?? error;
  }
  removeEntry(folder, key);
  return false;
}

/** The container's own file may be on another file system. */
export async function move(image: string, path: string): Promise<void> {
  try {
    renameSync(image, path);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    await copy(image, path);
  }
}

/** Does it again when there was no room and something in the cache could be removed. */
export async function withRoom<Result>(folder: string, key: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) !== 'ENOSPC' || makeRoom(folder, 0, key).length === 0) throw error;
    return work();
  }
}
