/** Where things lie: in the guest's physical memory, and in the process that is its virtual machine. */

/** The guest's descriptor table (aarch64: exception vectors) and page tables; boot information follows on them. */
export const tables = {
  descriptors: 0x8000,
  vectors: 0x8000,
  level4: 0x9000,
  level3: 0xa000,
  /** Four pages, for 1 GiB each. */
  level2: 0xb000,
  /** For the first 2 MiB. */
  level1: 0xf000,
} as const;
/** Start of what is written into low memory. */
export const lowStart = tables.descriptors;
/** Solo5 tenders/hvt/hvt_cpu_x86_64.h, X86_BOOT_INFO_BASE, and AARCH64_BOOT_INFO; the argument of the guest's entry point. */
export const bootInfoAddress = 0x10000;
/** Solo5 include/hvt_abi.h, HVT_GUEST_MIN_BASE: what is below is read-only for the guest. */
export const programStart = 0x100000;

/** Guest memory is a multiple of it. */
export const largePage = 0x200000;
/** hvt_cpu_x86_64.h, X86_GUEST_MAX_MEM_SIZE, and AARCH64_MMIO_BASE: the arguments of a hypercall are at a 32-bit address. */
export const mostMemory = 2 ** 32;
/** In 2018 there was one page of the level that has 512 entries of 2 MiB. */
export const mostLegacyMemory = 2 ** 30;

/**
 * Where guest memory begins in the process: 16 TiB, or less where user space is smaller; always a multiple of 4 GiB, so that a
 * filter tells an address in it with one comparison.
 */
export const memoryBaseOf = (launcherBase: number) => launcherBase / 4;

/** The loop's own places, just below the launcher's image. */
export const placesOf = (launcherBase: number) => ({
  /** Its code, and its parameters behind it. */
  loop: launcherBase - 0x100000,
  /** What it shares with the kernel: struct kvm_run. */
  run: launcherBase - 0xc0000,
  stack: launcherBase - 0x80000,
});
/** Four pages, of which the loop uses one, and a signal handler's frame with the vector registers the others. */
export const stackSize = 0x4000;
