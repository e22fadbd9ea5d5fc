/** What an image held when it was made, and what the host had there: both sides of a change are seen from here. */
import type { Data, Entry } from '../../core/plugin.ts';
import { S_IFDIR, S_IFMT, S_IFREG, seconds } from './format.ts';
import type { Found } from './read.ts';

/** A part of an image that is from elsewhere than the rest. */
export type Part =
  /** Made by the engine for this container, or in memory only: never carried back. */
  | { readonly kind: 'engine' }
  /** A folder or file of the host. `top` is device (or `*`) and inode of its folder, or of that which its file is in. */
  | {
      readonly kind: 'host';
      readonly source: string;
      readonly readOnly: boolean;
      readonly volume: boolean;
      readonly top?: string;
    };

export interface Known {
  /** Names and targets are bytes, as latin1. */
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of the last modification, in seconds. */
  readonly time: number;
  readonly size: number;
  /** Number of its inode in the image. */
  readonly inode: number;
  readonly target?: string;
  /** What the host has there, as of then; undefined for folders that only the image has. */
  readonly stamp?: string;
  readonly part?: Part;
  readonly entries?: readonly Known[];
}

/** The tree as it went into an image. `parts` is by paths inside of it, `/a/b` as latin1, `` for all of it. */
export function knownOf(tree: Entry, inodes: ReadonlyMap<Data, number>, parts: ReadonlyMap<string, Part>): Known {
  const visit = (entry: Entry, path: string): Known => {
    const part = parts.get(path);
    const { mode, uid, gid, modified, data, target, stamp, entries } = entry;
    return {
      name: entry.name.toString('latin1'),
      ...{ mode, uid, gid, time: seconds(modified), size: data.size, inode: inodes.get(data) ?? 0 },
      ...(target ? { target: target.toString('latin1') } : {}),
      ...(stamp === undefined ? {} : { stamp }),
      ...(part ? { part } : {}),
      ...(entries ? { entries: entries.map((child) => visit(child, `${path}/${child.name.toString('latin1')}`)) } : {}),
    };
  };
  return visit(tree, '');
}

/** The same of what the guest has made of it. */
export function knownOfGuest({ name, inode, target }: Found, stamp: string | undefined, entries?: readonly Known[]): Known {
  const { mode, uid, gid, modified, size, number } = inode;
  return {
    name: name.toString('latin1'),
    ...{ mode, uid, gid, time: modified, size: (mode & S_IFMT) === S_IFREG ? size : 0, inode: number },
    ...(target ? { target: target.toString('latin1') } : {}),
    ...(stamp === undefined ? {} : { stamp }),
    ...(entries ? { entries } : {}),
  };
}

/** Whether the guest has changed what an inode says; not what is in the file, and not what is in a folder. */
export function isChanged({ mode, uid, gid, time, size, target }: Known, { inode, target: now }: Found): boolean {
  if (mode !== inode.mode || uid !== inode.uid || gid !== inode.gid) return true;
  if ((mode & S_IFMT) === S_IFDIR) return false;
  if (time !== inode.modified || target !== now?.toString('latin1')) return true;
  return (mode & S_IFMT) === S_IFREG && size !== inode.size;
}

/** The same for everything beneath. */
export function isChangedBeneath(known: Known, found: Found): boolean {
  if (isChanged(known, found)) return true;
  if (!known.entries || !found.entries) return known.entries !== found.entries;
  if (known.entries.length !== found.entries.length) return true;
  const byName = new Map(known.entries.map((entry) => [entry.name, entry]));
  return found.entries.some((entry) => {
    const before = byName.get(entry.name.toString('latin1'));
    return !before || isChangedBeneath(before, entry);
  });
}
