/** Memory. */
import type { Address, Op, Slot } from '../../plugin.ts';
import { build, type OpOptions } from './op.ts';

export const PROT = { read: 1, write: 2, execute: 4 } as const; // asm-generic/mman-common.h

export const MAP = { shared: 1, private: 2, fixed: 0x10, anonymous: 0x20, noReserve: 0x4000 } as const; // asm-generic/mman.h, x86 and arm64 alike

export const mmap = (
  {
    address = 0,
    size,
    protection,
    flags,
    fd = -1,
    offset = 0,
  }: {
    readonly address?: number;
    readonly size: number;
    readonly protection: number;
    readonly flags: number;
    readonly fd?: number | Slot;
    readonly offset?: number;
  },
  options: OpOptions = {},
): Op =>
  build('mmap', `mapping ${size} bytes at 0x${address.toString(16)}`)([address, size, protection, flags, fd, offset], options);

export const munmap = (address: number | Address, size: number | bigint | Address, options: OpOptions = {}): Op =>
  build('munmap', 'unmapping')([address, size], options);

export const mprotect = (address: number, size: number, protection: number): Op =>
  build('mprotect', `protecting ${size} bytes at 0x${address.toString(16)}`)([address, size, protection]);

export const noHugePages = (address: number, size: number): Op =>
  build('madvise', 'refusing huge pages')([address, size, 15], { optional: true }); // MADV_NOHUGEPAGE

export const preadExactly = (fd: number | Slot, address: number, size: number, offset: number, options: OpOptions = {}): Op =>
  build('pread64', `reading ${size} bytes to 0x${address.toString(16)}`)([fd, address, size, offset], {
    exact: true,
    ...options,
  });
