/**
 * What is found out of a container's layers before anybody has asked for an image: looking through them takes longest, and goes on beside
 * all else that `create` does.
 */
import { type Content, layeredContentOf } from './content.ts';
import { areOfEngine } from './engine-layers.ts';
import { contentMark } from './key.ts';
import { beginSeal, type Sealing } from './seal.ts';

export interface Expected {
  readonly rootfs: string;
  readonly content: Content;
  /** Begun where there is an image whose layers it is about. */
  readonly sealing: Sealing | undefined;
}

/** Undefined where layers do not tell what a root file system holds. `kept` are the names of the images in the cache. */
export async function beginToLook(kept: readonly string[], rootfs: string): Promise<Expected | undefined> {
  const content = layeredContentOf(rootfs);
  if (content === undefined) return undefined;
  const mark = contentMark(content);
  const isKept = content.layers.length > 0 && kept.some((name) => name.startsWith(mark));
  return {
    rootfs,
    content,
    sealing: isKept ? await beginSeal(content.layers, areOfEngine(content.layers) ? 'folders' : 'files') : undefined,
  };
}
