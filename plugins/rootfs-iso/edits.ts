/** What a container's mounts put into the tree: files in place of others, or where nothing was. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Entry, failure, S_IFDIR } from './tree.ts';

/** A file of the host in place of whatever is at `inside`, a path without symlinks. */
export interface Edit {
  readonly inside: string;
  readonly source: string;
}

/** They are a few lines each; this much is somebody's mistake. */
const largest = 1 << 20;

/** The tree with the edits in it; folders that are missing on the way come into being. */
export function edited(root: Entry, edits: readonly Edit[]): Entry {
  return edits.reduce((tree, { inside, source }) => {
    const names = inside.split('/').filter((name) => name !== '');
    return names.length === 0
      ? tree
      : put(
          tree,
          names.map((name) => Buffer.from(name)),
          readSource(source),
        );
  }, root);
}

function put(folder: Entry, [name = Buffer.alloc(0), ...rest]: readonly Buffer[], file: Entry): Entry {
  const others = (folder.entries ?? []).filter((entry) => !entry.name.equals(name));
  const old = folder.entries?.find((entry) => entry.name.equals(name));
  const made = rest.length > 0 ? put(old?.entries ? old : emptyFolder(name), rest, file) : { ...file, name };
  return { ...folder, entries: [...others, made].sort((a, b) => Buffer.compare(a.name, b.name)) };
}

const emptyFolder = (name: Buffer): Entry => ({
  name,
  mode: S_IFDIR | 0o755,
  uid: 0,
  gid: 0,
  modified: 0,
  data: { size: 0 },
  entries: [],
});

function readSource(path: string): Entry {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw failure(`${path}, which is mounted into the container, is not a file`);
    if (stat.size > largest) throw failure(`${path}, which is mounted into the container, has more than ${largest} bytes`);
    const buffer = Buffer.alloc(stat.size);
    const content = buffer.subarray(0, readSync(fd, buffer, 0, stat.size, 0));
    const { mode, uid, gid, mtimeMs: modified } = stat;
    return { name: Buffer.alloc(0), mode, uid, gid, modified, data: { size: content.length, content } };
  } finally {
    closeSync(fd);
  }
}
