/** Whether the host has a file as the guest has it. */
import { type BigIntStats, closeSync } from 'node:fs';
import { isSameContent } from './content.ts';
import { S_IFMT } from './format.ts';
import type { HostFolder } from './host-folder.ts';
import type { Found, Image } from './read.ts';

export class Same {
  readonly #image: Image;
  /** A file with many names is read once. */
  readonly #compared = new Map<string, boolean>();

  constructor(image: Image) {
    this.#image = image;
  }

  /** In everything that is carried. `mode` is the one that the guest's may have on the host. */
  inAll(folder: HostFolder, name: Buffer, guest: Found, mode: number, host: BigIntStats): boolean {
    const { inode, target } = guest;
    if ((Number(host.mode) & S_IFMT) !== (inode.mode & S_IFMT)) return false;
    if (Number(host.uid) !== inode.uid || Number(host.gid) !== inode.gid) return false;
    if (Number(host.mtimeNs / 1_000_000_000n) !== inode.modified) return false;
    if (target) return folder.readLink(name).equals(target);
    return Number(host.mode) === mode && this.inContent(folder, name, guest, host);
  }

  inContent(folder: HostFolder, name: Buffer, guest: Found, host: BigIntStats): boolean {
    if (!host.isFile() || host.size !== BigInt(guest.inode.size)) return false;
    const key = `${guest.inode.number} ${host.dev}:${host.ino}`;
    const known = this.#compared.get(key);
    if (known !== undefined) return known;
    const fd = folder.open(name);
    try {
      const same = isSameContent(this.#image, guest, fd);
      this.#compared.set(key, same);
      return same;
    } finally {
      closeSync(fd);
    }
  }
}
