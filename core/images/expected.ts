/** What is found out of a container's layers before anybody has asked for an image, so that it is known when somebody asks. */
import { readdirSync } from 'node:fs';
import { type Content, layeredContentOf } from './content.ts';
import { usualDepth } from './engine-layers.ts';
import { contentMark } from './key.ts';
import type { CacheOptions } from './options.ts';
import { beginSeal, type Sealing } from './seal.ts';

export interface Expected {
  readonly rootfs: string;
  readonly content: Content;
  /** Begun where there is an image whose layers it is about. */
  readonly sealing: Sealing | undefined;
}

/** Undefined where layers do not tell what a root file system holds, or nothing is kept. */
export async function beginToLook({ folder, size }: CacheOptions, rootfs: string): Promise<Expected | undefined> {
  const content = size > 0 ? layeredContentOf(rootfs) : undefined;
  if (content === undefined) return undefined;
  const mark = contentMark(content);
  const isKept = content.layers.length > 0 && readdirSync(folder).some((name) => name.startsWith(mark) && name.endsWith('.img'));
  return { rootfs, content, sealing: isKept ? await beginSeal(content.layers, usualDepth(content.layers)) : undefined };
}
