/** What is put into a tree in place of what was there, or where nothing was. */
import { type Entry, S_IFDIR, S_IFREG } from './tree.ts';

/** The tree with `graft` at `inside`, a path without symlinks; folders that are missing on the way come into being. */
export function grafted(root: Entry, inside: string, graft: Entry): Entry {
  const names = inside.split('/').filter((name) => name !== '');
  return names.length === 0
    ? root
    : put(
        root,
        names.map((name) => Buffer.from(name)),
        graft,
      );
}

function put(folder: Entry, [name = Buffer.alloc(0), ...rest]: readonly Buffer[], graft: Entry): Entry {
  const others = (folder.entries ?? []).filter((entry) => !entry.name.equals(name));
  const old = folder.entries?.find((entry) => entry.name.equals(name));
  const made = rest.length > 0 ? put(old?.entries ? old : emptyFolder(name), rest, graft) : { ...graft, name };
  return { ...folder, entries: [...others, made].sort((a, b) => Buffer.compare(a.name, b.name)) };
}

/** An empty file that is filled in later, for each container; `slot` is its path. */
export const emptySlot = (slot: string): Entry => ({
  name: Buffer.alloc(0),
  mode: S_IFREG | 0o644,
  uid: 0,
  gid: 0,
  modified: 0,
  data: { size: 0 },
  slot,
});

/** A root file system as an image has it: with slots at these paths, and volumes in their places. */
export function withSlots(own: Entry, slots: readonly string[], volumes: readonly Place[]): Entry {
  const places = slots.map((inside): Place => ({ inside, entry: emptySlot(inside) }));
  return [...places, ...volumes].reduce((all, { inside, entry }) => grafted(all, inside, entry), own);
}

interface Place {
  readonly inside: string;
  readonly entry: Entry;
}

export const emptyFolder = (name: Buffer, permissions = 0o755): Entry => ({
  name,
  mode: S_IFDIR | permissions,
  uid: 0,
  gid: 0,
  modified: 0,
  data: { size: 0 },
  entries: [],
});
