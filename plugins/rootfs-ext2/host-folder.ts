/** A folder of the host that files are carried into. Every step is by descriptor, so that no symlink leads out of it. */
import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import type { TreeTools } from '../../core/plugin.ts';

export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** In seconds. */
  readonly modified: number;
}

export class HostFolder {
  readonly #trees: TreeTools;
  readonly #temporary: Buffer;
  readonly #make: (() => number) | undefined;
  #fd: number | undefined;

  /** `fd` is open and closed with it; where it is undefined, `make` makes the folder once something is to be put there. */
  constructor(trees: TreeTools, temporary: Buffer, fd: number | undefined, make?: () => number) {
    this.#trees = trees;
    this.#temporary = temporary;
    this.#fd = fd;
    this.#make = make;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  stat(name: Buffer): BigIntStats | undefined {
    return this.#fd === undefined ? undefined : lstatSync(this.#path(name), { bigint: true, throwIfNoEntry: false });
  }

  /** Of the folder itself. */
  self(): BigIntStats {
    return fstatSync(this.#need(), { bigint: true });
  }

  /** For reading; a name that is a symlink by now is an error. */
  open(name: Buffer): number {
    return openSync(this.#path(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  }

  readLink(name: Buffer): Buffer {
    return readlinkSync(this.#path(name), { encoding: 'buffer' });
  }

  folder(name: Buffer): HostFolder {
    return new HostFolder(this.#trees, this.#temporary, this.#trees.openFolder(this.#path(name)));
  }

  /** A folder that is made when something comes into it. */
  later(name: Buffer, attributes: Attributes): HostFolder {
    return new HostFolder(this.#trees, this.#temporary, undefined, () => {
      this.makeFolder(name, attributes);
      return this.#trees.openFolder(this.#path(name));
    });
  }

  /** Puts a file in the place of whatever is there, whole or not at all. */
  putFile(name: Buffer, { mode, uid, gid, modified }: Attributes, size: number, fill: (fd: number) => void): void {
    this.#put(name, (path) => {
      const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
      try {
        fill(fd);
        ftruncateSync(fd, size);
        fchownSync(fd, uid, gid);
        fchmodSync(fd, mode & 0o7777);
        futimesSync(fd, modified, modified);
      } finally {
        closeSync(fd);
      }
    });
  }

  putSymlink(name: Buffer, { uid, gid, modified }: Attributes, target: Buffer): void {
    this.#put(name, (path) => {
      symlinkSync(target, path);
      lchownSync(path, uid, gid);
      lutimesSync(path, modified, modified);
    });
  }

  /** A second name of a file that `there` has as `other`. */
  putLink(name: Buffer, there: HostFolder, other: Buffer): void {
    this.#put(name, (path) => linkSync(there.#path(other), path));
  }

  makeFolder(name: Buffer, { mode, uid, gid }: Attributes): void {
    this.#put(name, (path) => {
      mkdirSync(path, 0o700);
      const fd = this.#trees.openFolder(path);
      try {
        fchownSync(fd, uid, gid);
        fchmodSync(fd, mode & 0o7777);
      } finally {
        closeSync(fd);
      }
    });
  }

  remove(name: Buffer): void {
    unlinkSync(this.#path(name));
  }

  /** Whether it was empty and is gone. */
  removeFolder(name: Buffer): boolean {
    try {
      rmdirSync(this.#path(name));
      return true;
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(String((error as NodeJS.ErrnoException).code))) return false;
      throw error;
    }
  }

  setOwner({ mode, uid, gid }: Attributes): void {
    fchownSync(this.#need(), uid, gid);
    fchmodSync(this.#need(), mode & 0o7777);
  }

  setTime(modified: number): void {
    if (this.#fd !== undefined) futimesSync(this.#fd, modified, modified);
  }

  /** Made under a name of ours first; what a run that was killed left there goes. */
  #put(name: Buffer, make: (path: Buffer) => void): void {
    this.#need();
    const temporary = this.#path(this.#temporary);
    this.#clear(temporary);
    try {
      make(temporary);
      renameSync(temporary, this.#path(name));
    } catch (error) {
      this.#clear(temporary);
      throw error;
    }
  }

  #clear(path: Buffer): void {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) rmdirSync(path);
    else if (stat) unlinkSync(path);
  }

  #need(): number {
    if (this.#fd === undefined && this.#make) this.#fd = this.#make();
    if (this.#fd === undefined) throw new Error('the folder is closed');
    return this.#fd;
  }

  #path(name: Buffer): Buffer {
    return this.#trees.within(this.#need(), name);
  }
}
