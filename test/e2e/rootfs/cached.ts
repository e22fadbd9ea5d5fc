/** What is in a cache of root images, for tests that look into it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import path from 'node:path';
import { expect, vi } from 'vitest';

/** Bytes that do not repeat soon. */
export const noise = (size: number): Buffer => Buffer.from(Array.from({ length: size }, (_, index) => (index * 7919) >> 5));

/** Names of the images that are kept. */
export const keptIn = (cache: string): string[] =>
  existsSync(path.join(cache, 'images')) ? readdirSync(path.join(cache, 'images')).filter((name) => name.endsWith('.img')) : [];

/** Names of all files of the cache: drafts, records and the containers' own too. */
export const allIn = (cache: string): string[] =>
  existsSync(cache) ? readdirSync(cache).flatMap((name) => readdirSync(path.join(cache, name))) : [];

/** Path of the one image that is kept. */
export const imageIn = (cache: string): string => path.join(cache, 'images', keptIn(cache)[0] as string);

/** Layers of the kept images that are looked at by their folders alone, as an engine's store has them. */
export const layersLookedAtByFolders = (cache: string): string[] =>
  keptIn(cache).flatMap((name) => {
    const record = path.join(cache, 'images', name.replace('.img', '.json'));
    const { layers, folders } = JSON.parse(readFileSync(record, 'utf8')) as { layers: string[]; folders?: string };
    return folders === undefined ? [] : layers;
  });

/** How often an image appears in the cache while `work` is done. */
export async function buildsOf(cache: string, work: () => Promise<void>): Promise<number> {
  mkdirSync(path.join(cache, 'images'), { recursive: true, mode: 0o700 });
  const known = new Set(keptIn(cache));
  let builds = 0;
  const watcher = watch(path.join(cache, 'images'), (_, name) => {
    if (name?.endsWith('.img') && !known.has(name)) builds += 1;
  });
  await work();
  await vi.waitFor(() => expect(builds).toBeGreaterThan(0));
  watcher.close();
  return builds;
}
