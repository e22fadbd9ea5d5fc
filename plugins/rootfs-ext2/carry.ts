/**
 * Carries what a guest changed in an image to the host: changes only, found by comparing the image with what it held at first. Where the
 * host changed the same file meanwhile, the host's keeps the name and the guest's is put beside it. Safe to repeat at any point.
 */
import type { BigIntStats } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { TreeTools } from '../../core/plugin.ts';
import { carryBeside } from './carry-beside.ts';
import { carryFile } from './carry-file.ts';
import type { Carrying, Step, Where } from './carry-step.ts';
import { named } from './failure.ts';
import { HostFolder } from './host-folder.ts';
import { isChanged, isChangedBeneath, type Known, knownOfGuest } from './known.ts';
import { Links } from './links.ts';
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

type HostPart = Extract<Known['part'], { kind: 'host' }>;

/** What is known afterwards, for the next time. */
export function carry(known: Known, options: CarryOptions): Known {
  return new Carrier(options).part(known, options.image.root, '');
}

class Carrier {
  readonly #all: Carrying;
  readonly #trees: TreeTools;
  readonly #outcome: Outcome;
  readonly #temporary: Buffer;

  constructor({ image, id: whole, trees, outcome }: CarryOptions) {
    const id = whole.slice(0, 12);
    this.#trees = trees;
    this.#outcome = outcome;
    this.#temporary = Buffer.from(`.runnc-part-${id}`);
    const links = new Links((source) => this.#open(source));
    this.#all = { ...{ image, id, trees, outcome, links }, same: new Same(image), removed: new Removed(image, trees, outcome) };
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
          this.#all.removed.carry(folder, old, `${where.path}/${old.name}`, where.volume),
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
    const step: Step = { folder, old, guest, host: folder.stat(guest.name), where: here };
    return guest.entries ? this.#folder(step) : carryFile(this.#all, step, (each) => this.#beside(each));
  }

  #beside(step: Step): Known | undefined {
    return carryBeside(this.#all, step, (each) => void this.#folder(each));
  }

  #folder(step: Step): Known | undefined {
    const { folder, old, guest, host, where } = step;
    const { name, inode } = guest;
    if (host && !host.isDirectory()) {
      if (!old || old.stamp !== this.#trees.stampOf(host)) return this.#beside(step);
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
}
