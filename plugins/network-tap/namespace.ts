/** Which network namespace it is, and where it can be found later, when the process that lived in it has ended. */
import { readdirSync, statSync } from 'node:fs';

export interface Namespace {
  /** Number of its inode: what makes it the same one. */
  readonly inode: number;
  /** The path by which it was given, where it was. */
  readonly path?: string;
}

/** The inode behind a path, or undefined where there is no such namespace. */
export function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    // The process has ended, or the file is gone.
    return undefined;
  }
}

/** A path to the namespace now, by the path it was given by or by some process that lives in it; undefined: it is gone. */
export function findNamespace({ inode, path }: Namespace): string | undefined {
  if (path !== undefined && inodeOf(path) === inode) return path;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => `/proc/${pid}/ns/net`)
    .find((candidate) => inodeOf(candidate) === inode);
}
