/** Reads small files of an image: nothing in it, no symlink and no `..`, leads out of the rootfs, and only regular files are opened. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../errors.ts';
import { O_CLOEXEC, O_PATH, openat2, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from '../sys/openat2.ts';
import { quoted } from './quoted.ts';

/**
 * The content of `/NAME` at the top of the rootfs, or undefined where nothing is. What is not there costs one system call.
 * @throws RunncError ERR_METADATA for what is no regular file, is too large or leads in circles
 */
export async function readImageFile(rootfs: string, name: string, largest: number): Promise<string | undefined> {
  try {
    lstatSync(join(rootfs, name));
  } catch {
    // Nothing there, or a rootfs that cannot be read at all, which is for others to say.
    return undefined;
  }
  const unusable = (why: string, cause?: unknown) =>
    new RunncError('ERR_METADATA', `${quoted(`/${name}`)} of the image ${why}`, { cause });
  const root = openSync(rootfs, O_PATH | constants.O_DIRECTORY | O_CLOEXEC);
  try {
    // O_PATH: merely opening a device node may have effects on the host.
    const place = await openat2(`opening ${quoted(`/${name}`)}`, root, name, {
      flags: O_PATH | O_CLOEXEC,
      resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    }).catch((cause: unknown) => {
      throw unusable('cannot be opened', cause);
    });
    try {
      const { size, ...stat } = fstatSync(place);
      if ((stat.mode & constants.S_IFMT) !== constants.S_IFREG) throw unusable('is not a regular file');
      if (size > largest) throw unusable(`has ${size} bytes, more than ${largest}`);
      return readFileSync(`/proc/self/fd/${place}`, 'utf8');
    } finally {
      closeSync(place);
    }
  } finally {
    closeSync(root);
  }
}
