/** Carries what is no folder: files and symlinks. */
import type { BigIntStats } from 'node:fs';
import { type Carrying, modeOf, renamed, type Step } from './carry-step.ts';
import { writeContent } from './content.ts';
import { named } from './failure.ts';
import { S_IFLNK, S_IFMT, S_IFREG } from './format.ts';
import { isChanged, type Known, knownOfGuest } from './known.ts';

/** `beside` puts it beside what the host has. Returns what is known of the name afterwards. */
export function carryFile(all: Carrying, step: Step, beside: (step: Step) => Known | undefined): Known | undefined {
  const { trees, outcome, links, same, removed } = all;
  const { folder, old, guest, host, where } = step;
  const { name, inode } = guest;
  const type = inode.mode & S_IFMT;
  const isUntouched = host !== undefined && old?.stamp === trees.stampOf(host);
  if (old && !old.entries && !isChanged(old, guest)) {
    // A guest need not keep times.
    if (type !== S_IFREG || !isUntouched || same.inContent(folder, name, guest, host)) {
      if (isUntouched) links.remember(guest, where);
      return old;
    }
  }
  if (type !== S_IFREG && type !== S_IFLNK) {
    outcome.tell(`${named(where.path)} is a device node, fifo or socket, which is not carried back`);
    return old;
  }
  if (host && same.inAll(folder, name, guest, modeOf(guest, old, where, outcome), host)) {
    links.remember(guest, where);
    return knownOfGuest(guest, trees.stampOf(host));
  }
  // Where there was a folder, what the guest has removed of it goes first.
  const isGone =
    host?.isDirectory() &&
    old?.entries &&
    removed.carry(folder, old, where.path, where.volume) === undefined &&
    !folder.stat(name);
  if (isGone) return putFile(all, step);
  return host && !isUntouched ? beside(step) : putFile(all, step);
}

/** In the place of whatever is there. */
export function putFile({ image, trees, outcome, links }: Carrying, { folder, old, guest, where }: Step): Known {
  const { name, inode, target } = guest;
  const attributes = { ...inode, mode: modeOf(guest, old, where, outcome) };
  if (target) folder.putSymlink(name, attributes, target);
  else if (!links.put(folder, name, guest, where)) {
    folder.putFile(name, attributes, inode.size, (fd) => writeContent(image, guest, fd));
  }
  outcome.changes += 1;
  links.remember(guest, renamed(where, name));
  return knownOfGuest(guest, trees.stampOf(folder.stat(name) as BigIntStats));
}
