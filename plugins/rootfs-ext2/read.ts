/**
 * Reads an image that a guest has written to. Everything in it is hostile: nothing is mounted, no other program looks at it, and each
 * number is checked. What is wrong with one file or folder is told there, and the rest is read all the same.
 */
import { fstatSync, readSync } from 'node:fs';
import { failure } from './failure.ts';
import { rootInode, S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from './format.ts';
import { Damage, deviceOf, eachBlock, type Inode, isUsed, readInode, wrongWith } from './inode.ts';
import { Marks } from './marks.ts';
import { type ReadAt, readSuperblock, type Superblock } from './superblock.ts';

/** A name in an image. */
export interface Found {
  readonly name: Buffer;
  readonly inode: Inode;
  /** Of a symlink. */
  readonly target?: Buffer;
  /** Of a device node. */
  readonly device?: { readonly major: number; readonly minor: number };
  /** Of a folder. */
  readonly entries?: readonly Found[];
  /** What is wrong with it, so that nothing else of it can be believed. */
  damage?: string;
}

export interface ReadLimits {
  readonly maxFiles: number;
  /** Bytes that one file has at most. */
  readonly maxSize: number;
}

export class Image {
  readonly root: Found;
  readonly #read: ReadAt;
  readonly #superblock: Superblock;
  readonly #limits: ReadLimits;
  /** Blocks that something has, and those that more than one thing has. */
  readonly #blocks: Marks;
  readonly #shared: Marks;
  readonly #inodes = new Map<number, Found>();
  #files = 0;

  /** @throws Error ERR_IMAGE where not even the root folder can be read, or there is more than the limits allow */
  constructor(fd: number, limits: ReadLimits) {
    const { size } = fstatSync(fd);
    this.#read = (at, length) => readWhole(fd, at, length);
    this.#superblock = readSuperblock(this.#read, size);
    this.#limits = limits;
    this.#blocks = new Marks(this.#superblock.blocks);
    this.#shared = new Marks(this.#superblock.blocks);
    for (const [first, count] of this.#superblock.own) {
      for (let block = first; block < first + count; block++) this.#blocks.add(block);
    }
    this.root = this.#name(Buffer.alloc(0), rootInode, 0);
    if (!this.root.damage && !this.root.entries) this.root.damage = 'it is no folder';
    if (this.root.damage !== undefined) throw failure(`the image's root folder cannot be read: ${this.root.damage}`);
    if (!this.#shared.isEmpty) this.#tellShared(this.root);
  }

  /** Whether an inode is in use though no folder names it: the guest had not come to an end with it. */
  isAdrift(number: number): boolean {
    if (number < this.#superblock.firstInode || number > this.#superblock.inodes || this.#inodes.has(number)) return false;
    return isUsed(readInode(this.#read, this.#superblock, number));
  }

  /** Calls `take` with each piece of a file that is no hole, in order. */
  pieces({ inode }: Found, take: (at: number, bytes: Buffer) => void): void {
    const { blockSize } = this.#superblock;
    // Blocks that lie one behind the other are read in one piece.
    let [from, index, count] = [0, 0, 0];
    const flush = () => {
      if (count === 0) return;
      const at = index * blockSize;
      take(at, this.#read(from * blockSize, Math.min(count * blockSize, inode.size - at)));
      count = 0;
    };
    eachBlock(this.#read, this.#superblock, inode, (next, block) => {
      if (count > 0 && (block !== from + count || next !== index + count || count * blockSize >= longestRead)) flush();
      if (count === 0) [from, index] = [block, next];
      count += 1;
    });
    flush();
  }

  #name(name: Buffer, number: number, depth: number): Found {
    const known = this.#inodes.get(number);
    if (known) return known.entries ? { ...known, name, damage: 'it is in two folders' } : { ...known, name };
    const inode = readInode(this.#read, this.#superblock, number);
    const type = inode.mode & S_IFMT;
    const found: { -readonly [Key in keyof Found]: Found[Key] } = { name, inode };
    // Before its names are read: one of them may lead here again.
    this.#inodes.set(number, type === S_IFDIR ? { ...found, entries: [] } : found);
    try {
      const wrong = wrongWith(inode, this.#limits.maxSize);
      if (wrong !== undefined) throw new Damage(wrong);
      if (type === S_IFREG || type === S_IFDIR || type === S_IFLNK) this.#claim(inode);
      if (type === S_IFLNK) found.target = this.#targetOf(inode);
      if (type === S_IFCHR || type === S_IFBLK) found.device = deviceOf(inode);
      if (type === S_IFDIR) found.entries = this.#entriesOf(inode, depth);
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      found.damage = error.message;
    }
    return found;
  }

  /** A block belongs to one thing only: so what is read is never more than the image has. */
  #claim(inode: Inode): void {
    const claim = (block: number) => {
      if (this.#blocks.add(block)) return;
      this.#shared.add(block);
      throw new Damage(`its block ${block} belongs to something else too`);
    };
    eachBlock(this.#read, this.#superblock, inode, (_, block) => claim(block), claim);
  }

  #targetOf(inode: Inode): Buffer {
    if (inode.isFast) return Buffer.from(inode.pointers.subarray(0, inode.size));
    const target = Buffer.alloc(inode.size);
    this.pieces({ name: target, inode }, (at, bytes) => bytes.copy(target, at));
    if (inode.size === 0 || target.includes(0)) throw new Damage('its target is no path');
    return target;
  }

  #entriesOf(inode: Inode, depth: number): readonly Found[] {
    if (depth > maxDepth) throw new Damage(`it is more than ${maxDepth} folders deep`);
    const { blockSize } = this.#superblock;
    if (inode.size === 0 || inode.size % blockSize !== 0) throw new Damage(`as a folder it has ${inode.size} bytes`);
    const listed: { readonly name: Buffer; readonly number: number }[] = [];
    let next = 0;
    eachBlock(this.#read, this.#superblock, inode, (index, block) => {
      if (index !== next) throw new Damage('as a folder it has holes');
      next += 1;
      const more = namesIn(this.#read(block * blockSize, blockSize), this.#superblock.inodes);
      this.#files += more.length;
      if (this.#files > this.#limits.maxFiles) {
        throw failure(
          `the image holds more than ${this.#limits.maxFiles} files`,
          'raise maxFiles of rootfs-ext2 in runnc.config',
        );
      }
      for (const each of more) listed.push(each);
    });
    if (next !== inode.size / blockSize) throw new Damage('as a folder it has holes');
    const seen = new Set<string>();
    return listed.map(({ name, number }) => {
      const text = name.toString('latin1');
      const twice = seen.has(text);
      seen.add(text);
      const found = this.#name(name, number, depth + 1);
      return twice ? { ...found, damage: 'there are two of that name' } : found;
    });
  }

  /** Of files that share a block nobody can say whose it is: the one that had it first is told, too. */
  #tellShared(found: Found, told = new Map<number, string | undefined>()): void {
    const { number, mode } = found.inode;
    const type = mode & S_IFMT;
    if (!found.damage && (type === S_IFREG || type === S_IFDIR || type === S_IFLNK)) {
      if (!told.has(number)) told.set(number, this.#sharedIn(found.inode));
      const damage = told.get(number);
      if (damage !== undefined) found.damage = damage;
    }
    for (const entry of found.entries ?? []) this.#tellShared(entry, told);
  }

  #sharedIn(inode: Inode): string | undefined {
    let damage: string | undefined;
    const look = (block: number) => {
      if (this.#shared.has(block)) damage = `its block ${block} belongs to something else too`;
    };
    eachBlock(this.#read, this.#superblock, inode, (_, block) => look(block), look);
    return damage;
  }
}

const maxDepth = 500;
const longestRead = 1 << 20;

/** @throws Damage */
function namesIn(block: Buffer, inodes: number): readonly { readonly name: Buffer; readonly number: number }[] {
  const found: { name: Buffer; number: number }[] = [];
  for (let at = 0; at < block.length; ) {
    if (at + 8 > block.length) throw new Damage('an entry of it does not fit');
    const [number, size, length] = [block.readUInt32LE(at), block.readUInt16LE(at + 4), block.readUInt8(at + 6)];
    if (size < 8 || size % 4 !== 0 || at + size > block.length || 8 + length > size)
      throw new Damage('an entry of it is too long');
    const name = Buffer.from(block.subarray(at + 8, at + 8 + length));
    at += size;
    if (number === 0) continue;
    const text = name.toString('latin1');
    if (text === '.' || text === '..') continue;
    if (length === 0 || name.includes(0) || name.includes(0x2f)) throw new Damage('a name in it is none');
    if (number > inodes || (number < 11 && number !== rootInode)) throw new Damage(`something in it has the inode ${number}`);
    found.push({ name, number });
  }
  return found;
}

function readWhole(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const got = readSync(fd, bytes, done, length - done, at + done);
    if (got === 0) throw failure('the image ends before its last block');
    done += got;
  }
  return bytes;
}
