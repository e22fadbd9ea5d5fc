/**
 * Carries what a guest changed in an image to the host: changes only, found by comparing the image with what it held at first. Where the
 * host changed the same file meanwhile, the host's keeps the name and the guest's is put beside it. Safe to repeat at any point.
 */
import type { BigIntStats } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { TreeTools } from '../../core/plugin.ts';
import { writeContent } from './content.ts';
import { named } from './failure.ts';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from './format.ts';
import { HostFolder } from './host-folder.ts';
import { isChanged, isChangedBeneath, type Known, knownOfGuest } from './known.ts';
import { type Address, Links } from './links.ts';
import type { Outcome } from './outcome.ts';
import type { Found, Image } from './read.ts';
import { Removed } from './removed.ts';
import { Same } from './same.ts';

export interface CarryOptions {
  readonly image: Image;
  /** The container's. */
  readonly id: string;
  readonly trees: TreeTools;
  readonly outcome: Outcome;
}

/** Where in the host's files we are. */
interface Where extends Address {
  /** Path in the guest, as latin1. */
  readonly path: string;
  readonly volume: boolean;
}

type HostPart = Extract<Known['part'], { kind: 'host' }>;
const setid = 0o6000;
const longestName = 255;

/** What is known afterwards, for the next time. */
export function carry(known: Known, options: CarryOptions): Known {
  return new Carrier(options).part(known, options.image.root, '');
}

class Carrier {
  readonly #image: Image;
  readonly #id: string;
  readonly #trees: TreeTools;
  readonly #outcome: Outcome;
  readonly #temporary: Buffer;
  readonly #links: Links;
  readonly #same: Same;
  readonly #removed: Removed;

  constructor({ image, id, trees, outcome }: CarryOptions) {
    this.#image = image;
    this.#id = id.slice(0, 12);
    this.#trees = trees;
    this.#outcome = outcome;
    this.#temporary = Buffer.from(`.runnc-part-${this.#id}`);
    this.#links = new Links((source) => this.#open(source));
    this.#same = new Same(image);
    this.#removed = new Removed(image, trees, outcome);
  }

  part(known: Known, guest: Found, path: string): Known {
    const { part } = known;
    if (part?.kind !== 'host') return known;
    const place = path === '' ? '/' : path;
    if (part.readOnly) {
      if (isChangedBeneath(known, guest))
        this.#outcome.tell(`what the guest wrote to ${named(place)}, which is read-only, is not carried back`);
      return known;
    }
    try {
      if (known.entries) return this.#folderPart(known, part, guest, path);
      return this.#filePart(known, part, guest, path);
    } catch (error) {
      this.#outcome.lost(place, error);
      return known;
    }
  }

  #folderPart(known: Known, { source, volume, top }: HostPart, guest: Found, path: string): Known {
    if (!guest.entries) throw new Error('the guest made something else of this folder');
    const folder = this.#top(source, top);
    try {
      const where = { path, volume, source, names: [] };
      this.#setOwner(folder, known, guest, folder.self(), where);
      return { ...known, ...this.#inFolder(folder, known, guest, where) };
    } finally {
      folder.close();
    }
  }

  #filePart(known: Known, { source, volume, top }: HostPart, guest: Found, path: string): Known {
    const above = dirname(source);
    const folder = this.#top(above, top);
    try {
      const { part, ...before } = known;
      const name = Buffer.from(basename(source));
      const where = { path: path.slice(0, path.lastIndexOf('/')), volume, source: above, names: [] };
      return {
        ...(this.#name(folder, before, { ...guest, name }, where) ?? before),
        name: known.name,
        ...(part ? { part } : {}),
      };
    } finally {
      folder.close();
    }
  }

  /** A volume is where it was, and the root is mounted: whoever owns the folder above may have put something else there. */
  #top(source: string, top: string | undefined): HostFolder {
    const folder = this.#open(source);
    const { dev, ino } = folder.self();
    // An overlay has a new device number each time that it is mounted.
    if (top === undefined || top === `${dev}:${ino}` || top === `*:${ino}`) return folder;
    folder.close();
    throw new Error(`${source} on the host is not the folder that it was`);
  }

  #open(source: string): HostFolder {
    return new HostFolder(this.#trees, this.#temporary, this.#trees.openFolder(`${source}/.`));
  }

  /** Everything in a folder; what was known and is not there any more goes. */
  #inFolder(folder: HostFolder, known: Known | undefined, guest: Found, where: Where): Pick<Known, 'entries'> {
    const before = new Map(known?.entries?.map((entry) => [entry.name, entry]));
    const entries: Known[] = [];
    const add = (entry: Known | undefined) => entry && entries.push(entry);
    for (const entry of guest.entries ?? []) {
      const name = entry.name.toString('latin1');
      const old = before.get(name);
      before.delete(name);
      add(this.#attempt(`${where.path}/${name}`, old, () => this.#name(folder, old, entry, where)));
    }
    for (const old of before.values())
      add(
        this.#attempt(`${where.path}/${old.name}`, old, () =>
          this.#removed.carry(folder, old, `${where.path}/${old.name}`, where.volume),
        ),
      );
    return { entries };
  }

  /** What fails for one name is told, and the rest goes on: the image is kept. */
  #attempt(path: string, old: Known | undefined, step: () => Known | undefined): Known | undefined {
    try {
      return step();
    } catch (error) {
      this.#outcome.lost(path, error);
      return old;
    }
  }

  #name(folder: HostFolder, old: Known | undefined, guest: Found, where: Where): Known | undefined {
    const path = `${where.path}/${guest.name.toString('latin1')}`;
    if (guest.damage !== undefined) {
      this.#outcome.lost(path, guest.damage);
      return old;
    }
    if (old?.part) return this.part(old, guest, path);
    if (!where.volume && this.#trees.isOfHost(path)) return old;
    const here = { ...where, path, names: [...where.names, guest.name] };
    const host = folder.stat(guest.name);
    if (guest.entries) return this.#folder(folder, old, guest, host, here);
    return this.#file(folder, old, guest, host, here);
  }

  #folder(
    folder: HostFolder,
    old: Known | undefined,
    guest: Found,
    host: BigIntStats | undefined,
    where: Where,
  ): Known | undefined {
    const { name, inode } = guest;
    if (host && !host.isDirectory()) {
      if (!old || old.stamp !== this.#trees.stampOf(host)) return this.#beside(folder, old, guest, where);
      folder.remove(name);
      this.#outcome.changes += 1;
    }
    const isThere = host?.isDirectory() === true;
    // What only the image has, or the host has removed, comes into being with what the guest puts there.
    const isNew = !isThere && old?.entries === undefined;
    if (isNew) {
      folder.makeFolder(name, inode);
      this.#outcome.changes += 1;
    }
    const own = isThere || isNew ? folder.folder(name) : folder.later(name, inode);
    try {
      if (isThere && old?.entries) this.#setOwner(own, old, guest, host as BigIntStats, where);
      const { changes } = this.#outcome;
      const { entries } = this.#inFolder(own, old?.entries ? old : undefined, guest, where);
      if (isNew || this.#outcome.changes > changes || old?.time !== inode.modified) own.setTime(inode.modified);
      return knownOfGuest(guest, old && !isThere && !isNew ? old.stamp : 'folder', entries ?? []);
    } finally {
      own.close();
    }
  }

  #setOwner(own: HostFolder, old: Known, guest: Found, host: BigIntStats, { path }: Where): void {
    if (!isChanged(old, guest)) return;
    const [was, now, wanted] = [old, host, guest.inode].map(({ mode, uid, gid }) => [mode, uid, gid].map(Number).join(' '));
    if (now === was) {
      own.setOwner(guest.inode);
      this.#outcome.changes += 1;
    } else if (now !== wanted) this.#outcome.tell(`mode and owner of ${named(path)} stay as the host has changed them`);
  }

  #file(
    folder: HostFolder,
    old: Known | undefined,
    guest: Found,
    host: BigIntStats | undefined,
    where: Where,
  ): Known | undefined {
    const { name, inode } = guest;
    const type = inode.mode & S_IFMT;
    const isUntouched = host !== undefined && old?.stamp === this.#trees.stampOf(host);
    if (old && !old.entries && !isChanged(old, guest)) {
      // A guest need not keep times.
      if (type !== S_IFREG || !isUntouched || this.#same.inContent(folder, name, guest, host)) {
        if (isUntouched) this.#links.remember(guest, where);
        return old;
      }
    }
    if (type !== S_IFREG && type !== S_IFLNK) {
      this.#outcome.tell(`${named(where.path)} is a device node, fifo or socket, which is not carried back`);
      return old;
    }
    if (host && this.#same.inAll(folder, name, guest, this.#modeOf(guest, old, where), host)) {
      this.#links.remember(guest, where);
      return knownOfGuest(guest, this.#trees.stampOf(host));
    }
    if (
      host?.isDirectory() &&
      old?.entries &&
      this.#removed.carry(folder, old, where.path, where.volume) === undefined &&
      !folder.stat(name)
    ) {
      return this.#put(folder, name, guest, old, where);
    }
    if (host && !isUntouched) return this.#beside(folder, old, guest, where);
    return this.#put(folder, name, guest, old, where);
  }

  #put(folder: HostFolder, name: Buffer, guest: Found, old: Known | undefined, where: Where): Known {
    const { inode, target } = guest;
    const attributes = { ...inode, mode: this.#modeOf(guest, old, where) };
    if (target) folder.putSymlink(name, attributes, target);
    else if (!this.#links.put(folder, name, guest, where)) {
      folder.putFile(name, attributes, inode.size, (fd) => writeContent(this.#image, guest, fd));
    }
    this.#outcome.changes += 1;
    this.#links.remember(guest, { ...where, names: [...where.names.slice(0, -1), name] });
    return knownOfGuest(guest, this.#trees.stampOf(folder.stat(name) as BigIntStats));
  }

  /** The host has changed it too, and keeps the name. */
  #beside(folder: HostFolder, old: Known | undefined, guest: Found, where: Where): Known | undefined {
    const suffix = Buffer.from(`.runnc-conflict-${this.#id}`);
    for (let count = 1; ; count++) {
      const end = count === 1 ? suffix : Buffer.concat([suffix, Buffer.from(`-${count}`)]);
      const name = Buffer.concat([guest.name.subarray(0, longestName - end.length), end]);
      const host = folder.stat(name);
      const mode = this.#modeOf(guest, undefined, where);
      if (host && !guest.entries && !this.#same.inAll(folder, name, guest, mode, host)) continue;
      if (host && guest.entries && !host.isDirectory()) continue;
      const beside = { ...guest, name };
      const here = { ...where, names: [...where.names.slice(0, -1), name] };
      if (guest.entries) this.#folder(folder, undefined, beside, host, here);
      else if (!host) this.#put(folder, name, beside, undefined, here);
      this.#outcome.tell(
        `the host has changed ${named(where.path)} too: what the guest has is beside it, as ${named(name.toString('latin1'))}`,
      );
      return old;
    }
  }

  /** A guest cannot leave programs in a volume that run as somebody else. */
  #modeOf({ inode }: Found, old: Known | undefined, { volume, path }: Where): number {
    const { mode } = inode;
    if (!volume || (mode & setid) === 0 || (mode & S_IFMT) === S_IFDIR || ((old?.mode ?? 0) & setid) === (mode & setid))
      return mode;
    this.#outcome.tell(`${named(path)} is carried back without its setuid and setgid bits`);
    return mode & ~setid;
  }
}
