/** What the guest has removed goes from the host too, if it is as it was. */
import type { TreeTools } from '../../core/plugin.ts';
import { named } from './failure.ts';
import type { HostFolder } from './host-folder.ts';
import type { Known } from './known.ts';
import type { Outcome } from './outcome.ts';
import type { Image } from './read.ts';

export class Removed {
  readonly #image: Image;
  readonly #trees: TreeTools;
  readonly #outcome: Outcome;

  constructor(image: Image, trees: TreeTools, outcome: Outcome) {
    this.#image = image;
    this.#trees = trees;
    this.#outcome = outcome;
  }

  /** What is left of it is returned. Volumes stay, and so does what the guest had not come to an end with. */
  carry(folder: HostFolder, old: Known, path: string, volume: boolean): Known | undefined {
    const name = Buffer.from(old.name, 'latin1');
    const host = folder.stat(name);
    if (old.part || (!volume && this.#trees.isOfHost(path))) return old;
    if (!host) return undefined;
    if (this.#image.isAdrift(old.inode)) {
      this.#outcome.lost(path, 'the guest had not come to an end with it');
      return old;
    }
    if (old.entries) return host.isDirectory() ? this.#folder(folder, old, path, volume) : undefined;
    if (old.stamp !== this.#trees.stampOf(host)) {
      this.#outcome.tell(`the guest has removed ${named(path)}, and the host has changed it: it stays`);
      return undefined;
    }
    folder.remove(name);
    this.#outcome.changes += 1;
    return undefined;
  }

  #folder(folder: HostFolder, old: Known, path: string, volume: boolean): Known | undefined {
    const name = Buffer.from(old.name, 'latin1');
    const own = folder.folder(name);
    const left: Known[] = [];
    try {
      for (const entry of old.entries ?? []) {
        const rest = this.#attempt(own, entry, `${path}/${entry.name}`, volume);
        if (rest) left.push(rest);
      }
    } finally {
      own.close();
    }
    if (left.length > 0) return { ...old, entries: left };
    if (folder.removeFolder(name)) this.#outcome.changes += 1;
    else this.#outcome.tell(`the guest has removed ${named(path)}, and the host has put something there: it stays`);
    return undefined;
  }

  #attempt(folder: HostFolder, old: Known, path: string, volume: boolean): Known | undefined {
    try {
      return this.carry(folder, old, path, volume);
    } catch (error) {
      this.#outcome.lost(path, error);
      return old;
    }
  }
}
