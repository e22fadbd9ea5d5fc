/**
 * Layers that hold no content: what engines put above an image for each container (mount points, empty files, the folder that the container
 * writes to). Described by names, modes and owners they are the same for all containers of an image; inodes and times differ.
 */
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Docker's has 13 names. */
const mostNames = 64;

/** What such a layer holds. */
export interface Shell {
  /** One line for each name. */
  readonly lines: readonly string[];
  /** Paths of its folders, the layer itself among them: `/`, `/etc`. */
  readonly folders: readonly string[];
}

/** Undefined for a layer with content, or with more names than an engine would make. */
export function shellOf(layer: string): Shell | undefined {
  const lines: string[] = [];
  const folders: string[] = [];
  const isShell = (place: string): boolean => {
    const outside = join(layer, place);
    const stat = lstatSync(outside);
    const target = stat.isSymbolicLink() ? readlinkSync(outside) : '';
    lines.push(JSON.stringify([place, stat.mode, stat.uid, stat.gid, stat.nlink, stat.rdev, target]));
    if (lines.length > mostNames || (stat.isFile() && stat.size > 0)) return false;
    if (!stat.isDirectory()) return true;
    folders.push(place);
    return readdirSync(outside)
      .sort()
      .every((name) => isShell(join(place, name)));
  };
  return isShell('/') ? { lines, folders } : undefined;
}
