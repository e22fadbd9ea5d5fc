/** What the core must know of x86_64. */
import type { Architecture, Plugin } from '../../core/plugin.ts';
import { handlerOffset, player } from './generated/player.ts';
import { numbers } from './numbers.ts';

const x86_64: Architecture = {
  name: 'amd64',
  elfMachine: 62, // EM_X86_64, linux/elf-em.h
  auditArch: 0xc000003e, // AUDIT_ARCH_X86_64, linux/audit.h
  numbers,
  player,
  handlerOffset,
  // The kernel wants SA_RESTORER on x86_64; the handler never returns, so any address will do.
  restorerOffset: handlerOffset,
  // 64 TiB: half of user space is the guest's, and the stack and vdso lie above.
  launcherBase: 0x400000000000,
  userSpaceEnd: 0x7ffffffff000, // TASK_SIZE_MAX, arch/x86/include/asm/page_64_types.h
  guestCalls: [{ call: 'arch_prctl', when: [{ arg: 0, op: '==', value: 0x1002 }] }], // ARCH_SET_FS, asm/prctl.h
  stackGap: 8,
  packedEvents: true,
};

export default {
  name: 'arch-x86_64',
  api: 1,
  apply({ hooks }) {
    hooks.architecture.tap('arch-x86_64', (machine) => (machine === 'x64' ? x86_64 : undefined));
  },
} satisfies Plugin;
