/** The registers that an x86_64 guest starts with, as KVM takes them (asm/kvm.h: struct kvm_sregs, struct kvm_regs). */
import { bootInfoAddress } from '../addresses.ts';
import type { Layout } from './layouts.ts';
import { descriptorsLimit } from './tables.ts';

/** Intel SDM, volume 3A, 2.5: PE, NE, WP, PG; PAE, OSFXSR, OSXMMEXCPT; and 2.2.1: LME, LMA. */
const controls = { cr0: 0x80010021, cr4: 0x620, efer: 0x500 } as const;

interface SegmentRegister {
  readonly limit: number;
  readonly selector: number;
  readonly type: number;
  readonly present?: boolean;
  /** 32-bit default size (data), as the descriptor has it. */
  readonly db?: boolean;
  /** A code or data segment. */
  readonly s?: boolean;
  readonly long?: boolean;
  readonly granular?: boolean;
  readonly unusable?: boolean;
}

const code: SegmentRegister = { limit: 0xffffffff, selector: 8, type: 9, present: true, s: true, long: true, granular: true };
const data: SegmentRegister = { limit: 0xffffffff, selector: 16, type: 3, present: true, db: true, s: true, granular: true };
const task: SegmentRegister = { limit: 0, selector: 0, type: 11, present: true };
const none: SegmentRegister = { limit: 0, selector: 0, type: 0, unusable: true };

/** struct kvm_sregs: cs, ds, es, fs, gs, ss, tr, ldt; gdt, idt; cr0, cr2, cr3, cr4, cr8, efer, apic_base; pending interrupts. */
export function specialRegisters({ descriptors, level4 }: Layout): Uint8Array {
  const bytes = new Uint8Array(0x138);
  const view = new DataView(bytes.buffer);
  [code, data, data, data, data, data, task, none].forEach((register, index) => {
    writeSegment(view, index * 24, register);
  });
  view.setUint32(192, descriptors, true);
  view.setUint16(200, descriptorsLimit, true);
  view.setUint32(224, controls.cr0, true);
  view.setUint32(240, level4, true);
  view.setUint32(248, controls.cr4, true);
  view.setUint32(264, controls.efer, true);
  return bytes;
}

/** struct kvm_segment; the base is 0. */
function writeSegment(view: DataView, at: number, register: SegmentRegister): void {
  const { limit, selector, type, present, db, s, long, granular, unusable } = register;
  view.setUint32(at + 8, limit, true);
  view.setUint16(at + 12, selector, true);
  // type, present, dpl, db, s, l, g, avl, unusable
  [type, present, 0, db, s, long, granular, 0, unusable].forEach((value, index) => {
    view.setUint8(at + 14 + index, Number(value ?? 0));
  });
}

/** struct kvm_regs: rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp, r8 to r15, rip, rflags. */
export function registers(entry: bigint, stack: number): Uint8Array {
  const bytes = new Uint8Array(0x90);
  const view = new DataView(bytes.buffer);
  view.setUint32(40, bootInfoAddress, true);
  // At most 4 GiB - 8: guest memory ends at 4 GiB.
  view.setUint32(48, stack, true);
  view.setBigUint64(128, entry, true);
  view.setUint32(136, 2, true); // the bit that is always set
  return bytes;
}
