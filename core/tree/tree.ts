/** A tree of files as an image shows it. Folders that are walked are opened one within the other, never through a symlink. */
import { type BigIntStats, closeSync, constants, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { openFolder, within } from './open.ts';

export interface Entry {
  /** Bytes, as in the file system: no encoding is known. */
  readonly name: Buffer;
  /** With the bits of its type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** In milliseconds. */
  readonly modified: number;
  /** Shared by all names of a file. */
  readonly data: Data;
  /** Of a device node. */
  readonly device?: { readonly major: number; readonly minor: number };
  /** Of a symlink. */
  readonly target?: Buffer;
  /** A file that is filled in later, for each container: its path in the image. */
  readonly slot?: string;
  /** Of a folder, sorted by name. */
  readonly entries?: readonly Entry[];
  /** Path on the host of a file or folder that is not in the folder above it, but was put there by a mount. */
  readonly origin?: string;
  /** What `stampOf` says: another one where anything of it changed. */
  readonly stamp?: string;
}

export interface Data {
  readonly size: number;
  /** Content that is not to be read from the tree. */
  readonly content?: Buffer;
  /** Device and inode, so that what is read later is what was found. */
  readonly inode?: string;
}

export interface Limits {
  /** Files, folders and everything else that has a name. */
  readonly maxFiles: number;
  /** Bytes of content, holes included. */
  readonly maxSize: number;
  /** The plugin in whose options the two are. */
  readonly plugin: string;
}

/** The kernel's names for types (linux/stat.h). */
export const { S_IFMT, S_IFDIR, S_IFREG, S_IFLNK, S_IFCHR, S_IFBLK } = constants;
const maxDepth = 500;
const slash = Buffer.from('/');

export const failure = (message: string, hint?: string) =>
  Object.assign(new Error(message), { code: 'ERR_IMAGE', ...(hint === undefined ? {} : { hint }) });

/**
 * The tree beneath a folder. `leaveOut` is asked with each path inside of it, `/a/b` in bytes as latin1.
 * @throws Error ERR_IMAGE beyond the limits
 */
export function readTree(rootfs: string, limits: Limits, leaveOut: (path: string) => boolean): Entry {
  const seen = new Map<string, Data>();
  let files = 0;
  let bytes = 0;

  const dataOf = (inode: string, size: number, shared: boolean): Data => {
    const known = shared ? seen.get(inode) : undefined;
    if (known) return known;
    bytes += size;
    if (bytes > limits.maxSize) {
      throw failure(
        `the image holds more than ${Math.round(limits.maxSize / 2 ** 20)} MiB of files`,
        `raise maxSize of ${limits.plugin} in runnc.config`,
      );
    }
    const data = { size, inode };
    if (shared) seen.set(inode, data);
    return data;
  };

  const entryOf = (name: Buffer, path: Buffer, inside: string, depth: number): Entry => {
    const stat = lstatSync(path, { bigint: true });
    const type = Number(stat.mode) & S_IFMT;
    const device = type === S_IFCHR || type === S_IFBLK ? deviceOf(stat.rdev) : undefined;
    return {
      name,
      mode: Number(stat.mode),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      modified: Number(stat.mtimeMs),
      stamp: stampOf(stat),
      data: dataOf(`${stat.dev}:${stat.ino}`, type === S_IFREG ? Number(stat.size) : 0, type !== S_IFDIR && stat.nlink > 1n),
      ...(device ? { device } : {}),
      ...(type === S_IFLNK ? { target: readlinkSync(path, { encoding: 'buffer' }) } : {}),
      ...(type === S_IFDIR ? { entries: entriesOf(path, inside, depth) } : {}),
    };
  };

  const entriesOf = (path: Buffer, inside: string, depth: number): Entry[] => {
    if (depth > maxDepth) throw failure(`the image has folders more than ${maxDepth} deep`);
    const folder = openFolder(path);
    try {
      const names = readdirSync(`/proc/self/fd/${folder}`, { encoding: 'buffer' }) as unknown as Buffer[];
      if (files + names.length > limits.maxFiles) {
        throw failure(`the image holds more than ${limits.maxFiles} files`, `raise maxFiles of ${limits.plugin} in runnc.config`);
      }
      files += names.length;
      return names
        .map((name) => ({ name: Buffer.from(name), place: `${inside}/${Buffer.from(name).toString('latin1')}` }))
        .filter(({ place }) => !leaveOut(place))
        .sort((a, b) => Buffer.compare(a.name, b.name))
        .map(({ name, place }) => entryOf(name, within(folder, name), place, depth + 1));
    } finally {
      closeSync(folder);
    }
  };

  // The slash: the rootfs itself may be reached through a symlink.
  return entryOf(Buffer.alloc(0), Buffer.concat([Buffer.from(rootfs), slash, Buffer.from('.')]), '', 0);
}

/**
 * Tells whether a file is still the one that it was. Without the time of its last change (ctime), which a second name of the same
 * file changes too; and without its device, which an overlay has a new one of each time that it is mounted.
 */
export function stampOf({ ino, mtimeNs, size, mode, uid, gid }: BigIntStats): string {
  // Engines make empty files for each container (/.dockerenv), and there is nothing in them to be lost.
  const isEmpty = size === 0n && (Number(mode) & S_IFMT) === S_IFREG;
  return [isEmpty ? 0 : ino, isEmpty ? 0 : mtimeNs, size, mode, uid, gid].join(':');
}

/** A file alone, as an entry without a name. */
export function readFile(path: string): Entry {
  const stat = lstatSync(path, { bigint: true });
  const { mode, uid, gid, mtimeMs, size, dev, ino } = stat;
  return {
    name: Buffer.alloc(0),
    mode: Number(mode),
    uid: Number(uid),
    gid: Number(gid),
    modified: Number(mtimeMs),
    stamp: stampOf(stat),
    data: { size: Number(size), inode: `${dev}:${ino}` },
  };
}

/** As in glibc's sys/sysmacros.h. */
function deviceOf(rdev: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  };
}
