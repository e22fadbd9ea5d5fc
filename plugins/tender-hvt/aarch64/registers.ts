/** The registers that an aarch64 guest starts with (Solo5 tenders/hvt/hvt_kvm_aarch64.c), by KVM's numbers for them. */
import { bootInfoAddress, tables } from '../addresses.ts';

export interface Register {
  readonly name: string;
  readonly id: bigint;
  readonly value: bigint;
}

/** asm/kvm.h: KVM_REG_ARM64 | KVM_REG_SIZE_U64, and one of KVM_REG_ARM_CORE (16) and KVM_REG_ARM64_SYSREG (19). */
const core = 0x6030_0000_0010_0000n;
const system = 0x6030_0000_0013_0000n;

/** KVM_REG_ARM_CORE_REG: where it is in struct kvm_regs, counted in words of 4 bytes. */
const coreRegister = (offset: number): bigint => core + BigInt(offset / 4);
/** ARM64_SYS_REG: the numbers by which mrs and msr know it. */
const systemRegister = (op0: number, op1: number, crn: number, crm: number, op2: number): bigint =>
  system + BigInt((op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2);

/** Memory types by their index in page tables (Arm ARM, D17: MAIR_EL1): 1 is devices (nGnRE), 4 is memory that is cached. */
const memoryTypes = 0x0000_bbff_440c_0400n;
/** 40 bits of addresses, pages of 4 KiB, tables cached and shared, 16 bits of ASID, the top byte ignored (TCR_EL1). */
const translation = 0x32_b518_3518n;
/** Instructions and data cached, translation on, and the bits that have to be 1 (SCTLR_EL1). */
const control = 0x30d0_1805n;
/** Floating point and vectors do not trap (CPACR_EL1.FPEN). */
const floatingPoint = 3n << 20n;
/** EL1 with its own stack pointer, all interrupts masked (PSTATE: D, A, I, F, EL1h). */
const state = 0x3c5n;

export function startRegisters(entry: bigint, stack: number): readonly Register[] {
  return [
    { name: 'MAIR_EL1', id: systemRegister(3, 0, 10, 2, 0), value: memoryTypes },
    { name: 'TCR_EL1', id: systemRegister(3, 0, 2, 0, 2), value: translation },
    { name: 'TTBR0_EL1', id: systemRegister(3, 0, 2, 0, 0), value: BigInt(tables.level4) },
    { name: 'VBAR_EL1', id: systemRegister(3, 0, 12, 0, 0), value: BigInt(tables.vectors) },
    { name: 'CPACR_EL1', id: systemRegister(3, 0, 1, 0, 2), value: floatingPoint },
    { name: 'SCTLR_EL1', id: systemRegister(3, 0, 1, 0, 0), value: control },
    { name: 'pstate', id: coreRegister(264), value: state },
    { name: 'sp_el1', id: coreRegister(272), value: BigInt(stack) },
    { name: 'x0', id: coreRegister(0), value: BigInt(bootInfoAddress) },
    { name: 'pc', id: coreRegister(256), value: entry },
  ];
}
