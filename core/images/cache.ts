/** The cache of images: get what is there, or have it built, by one of all who ask. */
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { RunncError } from '../errors.ts';
import type { Container, ImageRequest, Images, Log, MadeImage } from '../plugin.ts';
import { build } from './build.ts';
import { checksumsOf } from './checksum.ts';
import { type Content, contentOf } from './content.ts';
import { besideOf, type EntryRecord, imageOf, readEntry, removeEntry, writeRecord } from './entry.ts';
import { beginToLook, type Expected } from './expected.ts';
import { keyOf } from './key.ts';
import type { CacheOptions } from './options.ts';
import { codeOf } from './own-file.ts';
import { bootId, ownPath } from './own-path.ts';
import { makeRoom } from './room.ts';
import { beginSeal, type Depth, type Sealing } from './seal.ts';
import { take } from './take.ts';

export interface ImageCache extends Images {
  /** Begins what can be begun as soon as it is known that the container may want an image: looking through its layers takes longest. */
  expect(container: Container): Promise<void>;
}

export function imageCache(options: CacheOptions): ImageCache {
  let expected: Expected | undefined;
  const taken = ({ rootfs }: Container): Expected | undefined => {
    const found = expected?.rootfs === rootfs ? expected : undefined;
    // Once: what is found out later is about what is there later.
    expected = undefined;
    return found;
  };
  return {
    async expect({ rootfs }) {
      try {
        expected = await beginToLook(options, rootfs);
      } catch (error) {
        options.log.debug(`the layers of ${rootfs} cannot be told apart: ${(error as Error).message}`);
      }
    },
    async pathFor({ directory }, suffix) {
      return ownPath(options.ownFolder, directory, suffix);
    },
    async make(container, request) {
      const isShared = options.size > 0 && !request.alone;
      const early = isShared ? taken(container) : undefined;
      const content = isShared ? (early?.content ?? lookAt(container, options.log)) : undefined;
      try {
        return content ? await shared(options, content, request, early?.sealing) : await alone(request);
      } catch (error) {
        for (const path of [request.path, request.beside]) if (path !== undefined) rmSync(path, { force: true });
        throw codeOf(error) === 'ENOSPC' ? noRoom(request.path, error) : error;
      }
    },
  };
}

function lookAt({ rootfs }: Container, log: Log): Content | undefined {
  try {
    return contentOf(rootfs);
  } catch (error) {
    log.debug(`the layers of ${rootfs} cannot be told apart: ${(error as Error).message}`);
    return undefined;
  }
}

/** Files of an image's layers are not what they were when the image was built: it has to be built anew. */
export class LayersChanged extends RunncError {
  constructor(key: string) {
    super('ERR_IMAGE', `somebody has changed files of the layers that the image ${key} in the cache is made of`, {
      hint: 'create the container again',
    });
    this.name = 'LayersChanged';
  }
}

/** For this container only. */
async function alone({ path, build }: ImageRequest): Promise<MadeImage> {
  writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  const notes = await build(path);
  return { size: statSync(path).size, notes, from: 'alone' };
}

async function shared(options: CacheOptions, content: Content, request: ImageRequest, early?: Sealing): Promise<MadeImage> {
  const { folder, size, log } = options;
  const { path } = request;
  const key = keyOf(content, request);
  let begun = early;
  for (;;) {
    const known = await usable(folder, key, log);
    const sealing = known && known.entry.layers.length > 0 ? await goOn(begun, known) : undefined;
    begun = undefined;
    const entry = known?.entry ?? (await build(options, key, content, request));
    if (entry === 'again') continue;
    if ('alone' in entry) return { size: statSync(path).size, notes: entry.notes, from: 'alone' };
    try {
      const kept = await take(options, key, request, entry.notes);
      if (known === undefined) makeRoom(folder, size, key);
      else if (sealing) options.later(() => checkSeal(folder, key, known.entry, sealing));
      return { size: statSync(path).size, notes: entry.notes, from: known ? 'cache' : kept ? 'build' : 'alone' };
    } catch (error) {
      // Removed by somebody who needed room.
      if (codeOf(error) !== 'ENOENT' || existsSync(imageOf(folder, key))) throw error;
      if (request.beside !== undefined) rmSync(request.beside, { force: true });
    }
  }
}

/** With what has been begun, if it looks at what has to be looked at. */
async function goOn(begun: Sealing | undefined, { entry, depth }: Usable): Promise<Sealing> {
  if (begun?.depth === depth) return begun;
  begun?.end();
  return beginSeal(entry.layers, depth);
}

/** @throws LayersChanged, with the image gone from the cache */
async function checkSeal(folder: string, key: string, entry: EntryRecord, sealing: Sealing): Promise<void> {
  if ((await sealing.seal())?.text === (sealing.depth === 'folders' ? entry.folders : entry.seal)) return;
  removeEntry(folder, key);
  throw new LayersChanged(key);
}

export const checksumOfEntry = (folder: string, key: string, { beside }: EntryRecord): Promise<string> =>
  checksumsOf(imageOf(folder, key), beside === undefined ? undefined : besideOf(folder, key));

interface Usable {
  readonly entry: EntryRecord;
  /** How closely the layers have to be looked at. */
  readonly depth: Depth;
}

/** The entry, if it is whole. */
async function usable(folder: string, key: string, log: Log): Promise<Usable | undefined> {
  const entry = readEntry(folder, key);
  if (entry === undefined) return undefined;
  if (entry.boot === bootId()) return { entry, depth: entry.folders === undefined ? 'files' : 'folders' };
  if (entry.checksum === (await checksumOfEntry(folder, key, entry))) {
    writeRecord(folder, key, { ...entry, boot: bootId() });
    return { entry, depth: 'files' };
  }
  log.warn(`the image ${key} in the cache is built anew: it was damaged when the machine ended`);
  removeEntry(folder, key);
  return undefined;
}

function noRoom(path: string, error: unknown): RunncError {
  const { message, hint } = error as { message: string; hint?: string };
  const sentence = `there is no room for the image of the root file system in ${dirname(path)}`;
  // With a hint it is a sentence already.
  return new RunncError('ERR_IMAGE', hint === undefined ? sentence : message, {
    hint: hint ?? 'make room, or set cacheDirectory and dataDirectory in runnc.config',
    cause: error,
  });
}
