/** Descriptors and files. */
import type { Address, Argument, Mutable, Op, Slot } from '../../plugin.ts';
import { addressOf, build, type OpOptions, slot, words } from './op.ts';

export const AT_FDCWD = -100; // linux/fcntl.h

export const AT_EMPTY_PATH = 0x1000; // linux/fcntl.h

/** open(2) flags, asm-generic/fcntl.h. */
export const OPEN = {
  readOnly: 0,
  writeOnly: 1,
  readWrite: 2,
  exclusive: 0o200,
  nonBlock: 0o4000,
  closeOnExec: 0o2000000,
} as const;

export const open = (path: string, flags: number, options: OpOptions = {}): Op =>
  build('openat', `opening ${path}`)([AT_FDCWD, path, flags, 0], options);

/** linux/openat2.h */
const RESOLVE_NO_SYMLINKS = 0x04;

/** Follows no symlink, whichever part of the path it is: ELOOP (openat2(2), Linux 5.6). */
export function openReal(path: string, flags: number, options: OpOptions = {}): Op {
  const how = words(flags, 0, RESOLVE_NO_SYMLINKS); // struct open_how
  return build('openat2', `opening ${path}`)([AT_FDCWD, path, how, how.length], options);
}

export const openBeneath = (directory: number | Slot, path: string, flags: number, options: OpOptions = {}): Op =>
  build('openat', `opening ${path}`)([directory, path, flags, 0], options);

export const close = (fd: number | Slot, options: OpOptions = {}): Op => build('close', 'closing a descriptor')([fd], options);

export const closeRange = (first: number, last: number): Op =>
  build('close_range', 'closing inherited descriptors')([first, last, 0]);

/** Takes a lock that lasts as long as the open file, or fails at once (flock(2); numbers of asm-generic/fcntl.h). */
export const lock = (fd: number | Slot, kind: 'exclusive' | 'shared', path: string): Op =>
  build('flock', `locking ${path}, which another container or program may be using`)([fd, (kind === 'exclusive' ? 2 : 1) | 4]);

/** Moves a descriptor to a fixed number. */
export const moveDescriptor = (from: Slot, to: number, closeOnExec = false): readonly Op[] => [
  build('dup3', 'placing a descriptor')([from, to, closeOnExec ? OPEN.closeOnExec : 0]),
  close(from),
];

/** Reads exactly `size` bytes; end of file is a failure. */
export const readExactly = (fd: number | Slot, into: Mutable, size: number, options: OpOptions = {}): Op =>
  build('read', 'reading')([fd, addressOf(into), size], { exact: true, ...options });

export const write = (fd: number | Slot, bytes: Uint8Array | string | Address, size: number, options: OpOptions = {}): Op =>
  build('write', 'writing')([fd, bytes, size], { exact: true, ...options });

/** Opens a kernel file, writes one value and closes it. */
export function writeFile(
  path: string,
  value: string,
  { label = `writing ${value} to ${path}`, optional = false } = {},
): readonly Op[] {
  const fd = slot(path);
  const bytes = new TextEncoder().encode(value);
  return [
    open(path, OPEN.writeOnly | OPEN.closeOnExec, { label, store: fd, optional }),
    write(fd, bytes, bytes.length, { label, optional }),
    close(fd, { label, optional }),
  ];
}

export const ioctl = (fd: number | Slot, request: number, argument: Argument, label: string, options: OpOptions = {}): Op =>
  build('ioctl', label)([fd, request, argument], options);
