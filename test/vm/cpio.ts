/** Writes the archive that Linux unpacks as its first root file system (Documentation/driver-api/early-userspace/buffer-format.rst). */
import { dirname } from 'node:path';

export interface Entry {
  /** Absolute path in the virtual machine. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly executable: boolean;
}

const S_IFDIR = 0o040000; // linux/stat.h
const S_IFREG = 0o100000;

/** An archive of regular files; the folders that they are in are made too. */
export function cpio(entries: readonly Entry[]): Buffer {
  const folders = new Set<string>();
  for (const { path } of entries) for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) folders.add(folder);
  const pieces = [
    // Sorted, a folder comes before what is in it.
    ...[...folders].sort().map((path, index) => piece(path, S_IFDIR | 0o755, index + 1, Buffer.alloc(0))),
    ...entries.map(({ path, content, executable }, index) =>
      piece(path, S_IFREG | (executable ? 0o755 : 0o644), folders.size + index + 1, content),
    ),
    piece('/TRAILER!!!', 0, 0, Buffer.alloc(0)),
  ];
  return Buffer.concat(pieces.flat());
}

/** Header of "070701" and thirteen numbers of eight hexadecimal digits, then name and content, each padded to four bytes. */
function piece(path: string, mode: number, inode: number, content: Uint8Array): Uint8Array[] {
  const name = Buffer.from(`${path.slice(1)}\0`);
  const time = 0;
  const numbers = [inode, mode, 0, 0, 1, time, content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`);
  const padding = (length: number) => Buffer.alloc((4 - (length % 4)) % 4);
  return [header, name, padding(header.length + name.length), content, padding(content.length)];
}
