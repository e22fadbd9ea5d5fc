/**
 * Where a path that the operator has written down leads on this host. Whoever may write in a folder on the way could put a symlink there, and
 * choose any other file of the host by it: below such a folder no symlink is followed. What only root can have made (/dev/disk/by-id,
 * /dev/mapper, /var/run) is.
 */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** S_IWGRP | S_IWOTH, sys/stat.h. In a folder with the sticky bit anybody can make a symlink too. */
const writableByOthers = 0o022;
/** As the kernel (linux/namei.h, MAXSYMLINKS). */
const mostLinks = 40;

interface Folder {
  readonly path: string;
  /** Nobody but root can have changed what is in it, nor in any folder above. */
  readonly rootsAlone: boolean;
}

const isRoots = ({ uid, mode }: Stats): boolean => uid === 0 && (mode & writableByOthers) === 0;

/** What is wrong with it, as a clause that goes on behind the path. */
export class UntrustedPath extends Error {}

/**
 * The path without symlinks.
 * @throws UntrustedPath, and what lstat(2) says of a part that is not there
 */
export function trustedPath(path: string): string {
  const top: Folder = { path: '/', rootsAlone: isRoots(lstatSync('/')) };
  const left = path.split('/').reverse();
  const folders = [top];
  for (let links = 0; left.length > 0; ) {
    const word = left.pop() as string;
    const folder = folders.at(-1) ?? top;
    if (word === '..') folders.pop();
    if (word === '' || word === '.' || word === '..') continue;
    const at = join(folder.path, word);
    const stat = lstatSync(at);
    if (!stat.isSymbolicLink()) {
      folders.push({ path: at, rootsAlone: folder.rootsAlone && isRoots(stat) });
      continue;
    }
    if (!folder.rootsAlone) throw new UntrustedPath(`leads through the symbolic link ${at}, which others than root can make`);
    links += 1;
    if (links > mostLinks) throw new UntrustedPath('is a circle of symbolic links');
    const target = readlinkSync(at);
    left.push(...target.split('/').reverse());
    if (target.startsWith('/')) folders.splice(0, folders.length, top);
  }
  return (folders.at(-1) ?? top).path;
}
