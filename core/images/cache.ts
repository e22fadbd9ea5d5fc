/** The cache of images: get what is there, or have it built, by one of all who ask. */
import { closeSync, constants, existsSync, openSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { RunncError } from '../errors.ts';
import type { Container, ImageRequest, Images, Json, Log, MadeImage } from '../plugin.ts';
import { sameFile } from '../state/lock.ts';
import { sha256 } from '../sys/sha256.ts';
import { sleep } from '../sys/sleep.ts';
import { checksumOf } from './checksum.ts';
import { type Content, contentOf } from './content.ts';
import { draftOf, type EntryRecord, identityOf, imageOf, readEntry, removeEntry, touch, writeRecord } from './entry.ts';
import { codeOf, copy, share } from './own-file.ts';
import { bootId, ownPath, removeEarlier } from './own-path.ts';
import { makeRoom, sweep } from './room.ts';
import { beginSeal, type Sealing } from './seal.ts';

/** In the key: what another version of runnc has built is not taken. */
const format = 1;

export interface CacheOptions {
  readonly folder: string;
  /** For the containers' own files; on the same file system, so that the one can be the other. */
  readonly ownFolder: string;
  /** In bytes; 0: nothing is kept. */
  readonly size: number;
  readonly log: Log;
  /** What has to be found true before the guest may run; until then the image is as good as it can be told quickly. */
  later(check: () => Promise<void>): void;
}

export function imageCache(options: CacheOptions): Images {
  return {
    async pathFor({ directory }, suffix) {
      return ownPath(options.ownFolder, directory, suffix);
    },
    async make(container, request) {
      const content = options.size > 0 && !request.alone ? lookAt(container, options.log) : undefined;
      try {
        return content ? await shared(options, content, request) : await alone(request);
      } catch (error) {
        rmSync(request.path, { force: true });
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

async function shared(options: CacheOptions, content: Content, request: ImageRequest): Promise<MadeImage> {
  const { folder, size, log } = options;
  const { kind, depends, path } = request;
  const key = sha256(JSON.stringify([format, kind, depends, content.name]))
    .toString('hex')
    .slice(0, 32);
  for (;;) {
    const known = await usable(folder, key, log);
    const sealing = known && known.layers.length > 0 ? await beginSeal(known.layers) : undefined;
    const entry = known ?? (await build(options, key, content, request));
    if (entry === 'again') continue;
    if ('alone' in entry) return { size: statSync(path).size, notes: entry.notes, from: 'alone' };
    try {
      const kept = await take(options, key, request);
      if (known === undefined) makeRoom(folder, size, key);
      else if (sealing) options.later(() => checkSeal(folder, key, known, sealing));
      return { size: statSync(path).size, notes: entry.notes, from: known ? 'cache' : kept ? 'build' : 'alone' };
    } catch (error) {
      // Removed by somebody who needed room.
      if (codeOf(error) !== 'ENOENT' || existsSync(imageOf(folder, key))) throw error;
    }
  }
}

/** @throws LayersChanged, with the image gone from the cache */
async function checkSeal(folder: string, key: string, { seal }: EntryRecord, sealing: Sealing): Promise<void> {
  if ((await sealing())?.text === seal) return;
  removeEntry(folder, key);
  throw new LayersChanged(key);
}

/** The container's own file. Where there is no room for two it is the cached one, which is in the cache no more: false. */
async function take({ folder, size: most }: CacheOptions, key: string, { path, writable }: ImageRequest): Promise<boolean> {
  const image = imageOf(folder, key);
  const { blocks, nlink } = statSync(image);
  // One that others have already cannot be given away.
  const isKept = blocks * 512 <= most || nlink > 1;
  let noSpace: unknown;
  try {
    if (isKept) {
      await withRoom(folder, key, () => (writable ? copy : share)(image, path));
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
async function move(image: string, path: string): Promise<void> {
  try {
    renameSync(image, path);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    await copy(image, path);
  }
}

/** Does it again when there was no room and something in the cache could be removed. */
async function withRoom<Result>(folder: string, key: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) !== 'ENOSPC' || makeRoom(folder, 0, key).length === 0) throw error;
    return work();
  }
}

/** The entry, if it is whole. */
async function usable(folder: string, key: string, log: Log): Promise<EntryRecord | undefined> {
  const entry = readEntry(folder, key);
  if (entry === undefined || entry.boot === bootId()) return entry;
  if (entry.checksum === (await checksumOf(imageOf(folder, key)))) {
    writeRecord(folder, key, { ...entry, boot: bootId() });
    return entry;
  }
  log.warn(`the image ${key} in the cache is built anew: it was damaged when the machine ended`);
  removeEntry(folder, key);
  return undefined;
}

/** `again` when somebody else was faster. */
async function build(
  { folder, ownFolder }: CacheOptions,
  key: string,
  { layers, read, since }: Content,
  { kind, path, build }: ImageRequest,
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
      return build(draft);
    });
    const sealing = await beginSeal(read);
    const checksum = await checksumOf(draft);
    const seal = await sealing();
    // Something has changed since the image began to be read, or the layers cannot be looked through.
    if (seal === undefined || seal.newest() >= since) {
      await move(draft, path);
      return { notes, alone: true };
    }
    const file = identityOf(statSync(draft));
    writeRecord(folder, key, { kind, file, boot: bootId(), checksum, layers, seal: seal.text, notes });
    renameSync(draft, imageOf(folder, key));
    return { notes };
  } finally {
    // Where it has become the image it is here no more. Removed under the lock: whoever waits for it sees that it is gone.
    if (sameFile(fd, draft)) rmSync(draft, { force: true });
    closeSync(fd);
  }
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

function noRoom(path: string, error: unknown): RunncError {
  const { message, hint } = error as { message: string; hint?: string };
  const sentence = `there is no room for the image of the root file system in ${dirname(path)}`;
  // With a hint it is a sentence already.
  return new RunncError('ERR_IMAGE', hint === undefined ? sentence : message, {
    hint: hint ?? 'make room, or set cacheDirectory and dataDirectory in runnc.config',
    cause: error,
  });
}
