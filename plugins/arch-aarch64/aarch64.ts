/** The processor as the core wants it, for a given kernel. */
import type { Architecture } from '../../core/plugin.ts';
import { handlerOffset, player } from './generated/player.ts';
import type { Kernel } from './kernel.ts';
import { numbers } from './numbers.ts';

/** What Solo5 programs, and all that is mapped from their files, are aligned to. */
const pageSize = 4096;

/** @throws an error with the code ERR_ARCHITECTURE for a kernel with larger pages */
export function aarch64(kernel: Kernel): Architecture {
  if (kernel.pageSize !== pageSize) {
    const message = `this kernel has pages of ${kernel.pageSize / 1024} KiB, and unikernels are made for pages of 4 KiB`;
    throw Object.assign(new Error(message), {
      code: 'ERR_ARCHITECTURE',
      hint: 'boot a kernel with pages of 4 KiB (CONFIG_ARM64_4K_PAGES)',
    });
  }
  const userSpaceEnd = 2 ** kernel.addressBits;
  return {
    name: 'arm64',
    elfMachine: 183, // EM_AARCH64, linux/elf-em.h
    auditArch: 0xc00000b7, // AUDIT_ARCH_AARCH64, linux/audit.h
    numbers,
    player,
    handlerOffset,
    // The kernel has a way back of its own, and the handler never returns.
    restorerOffset: undefined,
    // A quarter of user space is the guest's (64 TiB with 48 bits), and the stack and vdso lie above.
    launcherBase: userSpaceEnd / 4,
    userSpaceEnd, // TASK_SIZE_64, arch/arm64/include/asm/processor.h
    // A guest sets its thread pointer without the kernel (TPIDR_EL0).
    guestCalls: [],
    stackGap: 16,
  };
}
