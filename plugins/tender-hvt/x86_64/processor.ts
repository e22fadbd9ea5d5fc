/** An x86_64 processor under KVM. */
import * as loop from '../generated/loop-x86_64.ts';
import { KVM } from '../kvm.ts';
import type { Processor } from '../processor.ts';
import { type Layout, layout } from './layouts.ts';
import { registers, specialRegisters } from './registers.ts';
import { writeTables } from './tables.ts';

/** asm/kvm.h and linux/kvm.h; asm-generic/ioctl.h puts direction, size and number of each into one word. */
const requests = {
  getSupportedCpuid: 0xc008ae05,
  getRegs: 0x8090ae81,
  setRegs: 0x4090ae82,
  setSregs: 0x4138ae84,
  setCpuid2: 0x4008ae90,
  getTscKhz: 0xaea3,
} as const;

/** KVM_MAX_CPUID_ENTRIES, asm/kvm_host.h. */
const mostCpuidEntries = 256;
const cpuidHeader = 8;
const cpuidEntry = 40;

/** With a run loop, and with tables for guests of one ABI. */
export const x86_64With = (
  { code, faultHandlerOffset }: Pick<Processor, 'code' | 'faultHandlerOffset'>,
  layout: Layout,
): Processor => ({
  code,
  faultHandlerOffset,
  readRegisters: requests.getRegs,
  writeTables: (low, memory) => writeTables(low, memory, layout),
  machineType: () => 0,
  /** The model is a struct kvm_cpuid2: what KVM can offer a guest of this processor. */
  facts(ask, kvm, vm) {
    const cpuid = new Uint8Array(cpuidHeader + mostCpuidEntries * cpuidEntry);
    const view = new DataView(cpuid.buffer);
    view.setUint32(0, mostCpuidEntries, true);
    ask('to tell what processors it has', kvm, requests.getSupportedCpuid, cpuid);
    const vcpu = ask.descriptor('a virtual processor', vm, KVM.createVcpu, 0);
    const kilohertz = ask('the frequency of the cycle counter, which may be unstable', vcpu, requests.getTscKhz, 0);
    return {
      model: cpuid.slice(0, cpuidHeader + view.getUint32(0, true) * cpuidEntry),
      cyclesPerSecond: kilohertz * 1000,
    };
  },
  prepare({ ioctl }, { vcpu, facts, entry, stack }) {
    return [
      ioctl(vcpu, requests.setCpuid2, facts.model, 'telling the virtual processor what it can do (KVM_SET_CPUID2)'),
      ioctl(vcpu, requests.setSregs, specialRegisters(layout), 'setting its special registers (KVM_SET_SREGS)'),
      ioctl(vcpu, requests.setRegs, registers(entry, stack), 'setting its registers (KVM_SET_REGS)'),
    ];
  },
});

export const x86_64 = x86_64With(loop, layout);
