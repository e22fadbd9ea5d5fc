/** Where a path of a container leads in its root file system: symlinks are followed as they would be from inside of it. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { RunncError } from '../errors.ts';
import { quoted } from '../launch/quoted.ts';

/** As the kernel (linux/namei.h, MAXSYMLINKS). */
const mostLinks = 40;

export interface Place {
  /** Path inside the rootfs, without symlinks. */
  readonly inside: string;
  /** The same from outside. */
  readonly path: string;
  /** Whether there is something. */
  readonly exists: boolean;
}

/**
 * What does not exist is taken as it stands, as runc does for the places of its mounts. The rootfs belongs to the caller while it
 * looks: nobody runs in it yet. A later open with O_NOFOLLOW is for those who would change it all the same.
 * @throws RunncError ERR_IMAGE for symlinks that go round in circles
 */
export function insideRootfs(rootfs: string, path: string): Place {
  const left = path.split('/').reverse();
  let inside = '/';
  let links = 0;
  while (left.length > 0) {
    // What is left by `..` was a real folder, or nothing.
    inside = join(inside, left.pop() as string);
    const outside = join(rootfs, inside);
    if (!stat(outside)?.isSymbolicLink()) continue;
    links += 1;
    if (links > mostLinks) throw new RunncError('ERR_IMAGE', `${quoted(path)} in the image is a circle of symbolic links`);
    const target = readlinkSync(outside);
    left.push(...target.split('/').reverse());
    inside = target.startsWith('/') ? '/' : dirname(inside);
  }
  const outside = join(rootfs, inside);
  return { inside, path: outside, exists: stat(outside) !== undefined };
}

function stat(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    // Nothing there, or a file where a folder should be, or a name that is too long: nothing can be there.
    return undefined;
  }
}
