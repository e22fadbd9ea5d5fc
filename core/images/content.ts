/** What a container's root file system holds, under a name that all containers of one image share. */
import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf } from './hashed.ts';
import { type Overlay, overlayOf } from './overlay.ts';
import { shellOf } from './shell.ts';

/** How much earlier than it is the kernel may say it is when it notes a change (CONFIG_HZ), with some to spare; in milliseconds. */
const clockTick = 20;

export interface Content {
  /** Equal for root file systems that hold the same: layers of the image by their identity, what engines put above them by what it is. */
  readonly name: readonly string[];
  /** The folders of the image's layers, absolute, without symlinks; none where the name is a hash of what is in it. */
  readonly layers: readonly string[];
  /** Folders in which nothing may change while the image is built. */
  readonly read: readonly string[];
  /** No change was made before this that could not be seen, in milliseconds since 1970. */
  readonly since: number;
}

/** Undefined where no other container is expected to hold the same: what has been written in the container is in its upper folder. */
export function contentOf(rootfs: string): Content | undefined {
  const since = Date.now() - clockTick;
  const overlay = overlayOf(rootfs);
  return overlay ? ofOverlay(rootfs, overlay) : { name: ['hash', hashOf(rootfs)], layers: [], read: [`${rootfs}/.`], since };
}

/** The same where layers tell it, which is quick; undefined where everything would have to be read. */
export function layeredContentOf(rootfs: string): Content | undefined {
  const overlay = overlayOf(rootfs);
  return overlay && ofOverlay(rootfs, overlay);
}

function ofOverlay(rootfs: string, { upper, lowers }: Overlay): Content | undefined {
  const since = Date.now() - clockTick;
  const written = upper === undefined ? { lines: [], folders: [] } : shellOf(upper);
  if (written === undefined) return undefined;
  const [top = '', ...others] = lowers;
  const made = shellOf(top);
  const layers = (made === undefined ? lowers : others).map((layer) => realpathSync(layer));
  const folders = [...new Set([...written.folders, ...(made?.folders ?? [])])].sort();
  // What they hide of the layers below, whatever the way.
  const seen = folders.map((folder) => JSON.stringify([folder, namesIn(join(rootfs, folder))]));
  const name = [...layers.map(identityOf), ...written.lines, '', ...(made?.lines ?? []), '', ...seen];
  return { name, layers, read: layers, since };
}

function identityOf(layer: string): string {
  const { dev, ino, mtimeNs, ctimeNs } = lstatSync(layer, { bigint: true });
  return [layer, dev, ino, mtimeNs, ctimeNs].join(' ');
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, 'latin1').sort();
  } catch {
    // Hidden by the other one of the two layers.
    return [];
  }
}
