/** Folders and files opened one within the other, never through a symlink. */
import { constants, openSync } from 'node:fs';

/** Path of a name in an open folder, which no symlink and no length of the folder's own path has a part in. */
export const within = (folder: number, name: Buffer): Buffer => Buffer.concat([Buffer.from(`/proc/self/fd/${folder}/`), name]);

/** @throws Error ELOOP or ENOTDIR for anything but a folder */
export const openFolder = (path: string | Buffer): number =>
  openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
