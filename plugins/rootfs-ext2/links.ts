/** Where a file of the image that has several names is on the host, so that further names of it are links there too. */
import type { HostFolder } from './host-folder.ts';
import type { Found } from './read.ts';

/** A file of the host: the folder that is the top of its part, and the names that lead from there. */
export interface Address {
  readonly source: string;
  readonly names: readonly Buffer[];
}

export class Links {
  readonly #open: (source: string) => HostFolder;
  readonly #places = new Map<string, Address>();

  constructor(open: (source: string) => HostFolder) {
    this.#open = open;
  }

  remember(guest: Found, { source, names }: Address): void {
    if (guest.inode.links > 1 && !guest.target) this.#places.set(keyOf(guest, source), { source, names });
  }

  /** Whether it could be made a second name of what is there: not across file systems, and not beyond what one allows. */
  put(folder: HostFolder, name: Buffer, guest: Found, { source }: Address): boolean {
    const place = guest.target ? undefined : this.#places.get(keyOf(guest, source));
    if (!place) return false;
    const opened: HostFolder[] = [];
    const open = (make: () => HostFolder) => {
      const folder = make();
      opened.push(folder);
      return folder;
    };
    try {
      let there = open(() => this.#open(source));
      for (const part of place.names.slice(0, -1)) {
        const above = there;
        there = open(() => above.folder(part));
      }
      folder.putLink(name, there, place.names.at(-1) as Buffer);
      return true;
    } catch (error) {
      if (['EXDEV', 'EMLINK', 'EPERM', 'ENOENT'].includes(String((error as NodeJS.ErrnoException).code))) return false;
      throw error;
    } finally {
      for (const each of opened) each.close();
    }
  }
}

const keyOf = ({ inode }: Found, source: string): string => `${inode.number} ${source}`;
