/** What a container's root file system holds, under a name that all containers of one image share. */
import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { overlayOf } from './overlay.ts';
import { shellOf } from './shell.ts';

export interface Content {
  /** Equal for root file systems that hold the same: layers of the image by their identity, what engines put above them by what it is. */
  readonly name: readonly string[];
  /** The folders of the image's layers, absolute, without symlinks. */
  readonly layers: readonly string[];
}

/** Undefined where no other container is expected to hold the same: what has been written in the container is in its upper folder. */
export function contentOf(rootfs: string): Content | undefined {
  const overlay = overlayOf(rootfs);
  if (overlay === undefined) return undefined;
  const { upper, lowers } = overlay;
  const written = upper === undefined ? { lines: [], folders: [] } : shellOf(upper);
  if (written === undefined) return undefined;
  const [top = '', ...others] = lowers;
  const made = shellOf(top);
  const layers = (made === undefined ? lowers : others).map((layer) => realpathSync(layer));
  const folders = [...new Set([...written.folders, ...(made?.folders ?? [])])].sort();
  // What they hide of the layers below, whatever the way.
  const seen = folders.map((folder) => JSON.stringify([folder, namesIn(join(rootfs, folder))]));
  return { name: [...layers.map(identityOf), ...written.lines, '', ...(made?.lines ?? []), '', ...seen], layers };
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
