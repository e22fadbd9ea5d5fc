/** What kernels for aarch64 differ in: the size of a page and of user space, both chosen when the kernel is built. */
import { readFileSync } from 'node:fs';

export interface Kernel {
  /** In bytes: 4, 16 or 64 KiB. */
  readonly pageSize: number;
  /** User space ends at 2 to this power: 48 for most kernels, 39 for some of small machines. */
  readonly addressBits: number;
}

/** Types of entries, linux/auxvec.h. */
const AT_PAGESZ = 6;
const AT_RANDOM = 25;

/** This machine's kernel. */
export const readKernel = (): Kernel => kernelOf(readFileSync('/proc/self/auxv'));

/**
 * Reads an auxiliary vector: pairs of 64-bit words (proc_pid_auxv(5), getauxval(3)). AT_RANDOM is the address of 16 bytes on the
 * stack, and that lies in the last GiB of user space (STACK_TOP, arch/arm64/include/asm/processor.h; STACK_RND_MASK, asm/elf.h).
 */
export function kernelOf(vector: Uint8Array): Kernel {
  const view = new DataView(vector.buffer, vector.byteOffset, vector.byteLength);
  const entries = new Map<number, bigint>();
  for (let at = 0; at + 16 <= view.byteLength; at += 16) {
    entries.set(Number(view.getBigUint64(at, true)), view.getBigUint64(at + 8, true));
  }
  const [pageSize, stack] = [entries.get(AT_PAGESZ), entries.get(AT_RANDOM)];
  if (pageSize === undefined || stack === undefined)
    throw new Error('the kernel tells neither the size of its pages nor of user space');
  return { pageSize: Number(pageSize), addressBits: stack.toString(2).length };
}
