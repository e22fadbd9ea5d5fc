/**
 * Layers in the stores of Docker, containerd and Podman. Each is written once, under a name of its own, before anything is mounted on it, and all three
 * forbid to change it later.
 */
import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Depth } from './seal.ts';

/** containerd's snapshotter of overlays, of which Docker's containerd store is one, too. */
const ofContainerd = /\/io\.containerd\.snapshotter\.v1\.overlayfs\/snapshots\/\d+\/fs$/;
/** Docker's driver overlay2, and containers/storage's overlay. Beside the folder is a file that says its short name. */
const ofDriver = /\/overlay2?\/[0-9a-z-]+\/diff$/;

/** How closely layers (absolute paths without symlinks) are looked at each time. */
export const usualDepth = (layers: readonly string[]): Depth => (layers.every(isOfEngine) ? 'folders' : 'files');

function isOfEngine(layer: string): boolean {
  if (ofContainerd.test(layer)) return true;
  return ofDriver.test(layer) && lstatSync(join(dirname(layer), 'link'), { throwIfNoEntry: false })?.isFile() === true;
}
