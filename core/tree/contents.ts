/** Reads the files of a tree that was looked through before, in its order. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { openFolder, within } from './open.ts';
import { type Data, type Entry, failure } from './tree.ts';

/** Puts the next `length` bytes of a file into `buffer` at `at`. */
export type Read = (buffer: Buffer, at: number, length: number) => void;

/**
 * Calls `take` for every file that has content and is `wanted`, once for all of its names. What is read is what the tree says: a file
 * that is not the same any more is an error; one that only grew, as those of others may, is read as far as it was.
 * @throws Error ERR_IMAGE
 */
export function readContents(
  rootfs: string,
  root: Entry,
  wanted: (data: Data) => boolean,
  take: (data: Data, read: Read) => void,
): void {
  const taken = new Set<Data>();
  const copy = (entry: Entry, folder: () => number) => {
    const { data } = entry;
    const { content } = data;
    if (content) {
      let from = 0;
      take(data, (buffer, at, length) => {
        content.copy(buffer, at, from, from + length);
        from += length;
      });
      return;
    }
    const file = openFile(entry.origin ?? within(folder(), entry.name), entry);
    try {
      take(data, (buffer, at, length) => {
        for (let done = 0; done < length; ) {
          const got = readSync(file, buffer, at + done, length - done, null);
          if (got === 0) throw changed(entry);
          done += got;
        }
      });
    } finally {
      closeSync(file);
    }
  };
  const visit = (parent: Entry, open: () => number) => {
    let fd: number | undefined;
    // Only when something in it is read: what a mount put into the tree is in no folder.
    const folder = () => {
      fd ??= open();
      return fd;
    };
    try {
      for (const entry of parent.entries ?? []) {
        const { origin, name, data } = entry;
        if (entry.entries) visit(entry, () => openFolder(origin === undefined ? within(folder(), name) : `${origin}/.`));
        else if (data.size > 0 && !taken.has(data) && wanted(data)) {
          taken.add(data);
          copy(entry, folder);
        }
      }
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  };
  visit(root, () => openFolder(`${rootfs}/.`));
}

/** The very file that the tree was read from. */
function openFile(path: string | Buffer, entry: Entry): number {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const { dev, ino, size } = fstatSync(fd, { bigint: true });
  if (`${dev}:${ino}` === entry.data.inode && Number(size) >= entry.data.size) return fd;
  closeSync(fd);
  throw changed(entry);
}

const changed = ({ name }: Entry) =>
  failure(`${JSON.stringify(name.toString())} in the image changed while it was read`, 'create the container again');
