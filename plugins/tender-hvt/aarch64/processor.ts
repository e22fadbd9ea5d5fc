/** An aarch64 processor under KVM. */
import { code, faultHandlerOffset } from '../generated/loop-aarch64.ts';
import type { Processor } from '../processor.ts';
import { startRegisters } from './registers.ts';
import { writeTables } from './tables.ts';

/** asm/kvm.h and linux/kvm.h; asm-generic/ioctl.h puts direction, size and number of each into one word. */
const requests = {
  checkExtension: 0xae03,
  getOneRegister: 0x4010aeab,
  setOneRegister: 0x4010aeac,
  initVcpu: 0x4020aeae,
  preferredTarget: 0x8020aeaf,
} as const;

const KVM_CAP_ARM_VM_IPA_SIZE = 165; // linux/kvm.h
/** Bits of guest-physical addresses in a machine of type 0 (Documentation/virt/kvm/api.rst, KVM_CREATE_VM). */
const usualAddressBits = 40;
/** struct kvm_vcpu_init, asm/kvm.h. */
const vcpuInitSize = 32;

export const aarch64: Processor = {
  code,
  faultHandlerOffset,
  readRegisters: requests.getOneRegister,
  writeTables,
  /** Memory and hypercalls need 33 bits; a host with fewer than the usual 40 has to be told how many. */
  machineType(ask, kvm) {
    const most = ask('to tell the size of its addresses', kvm, requests.checkExtension, KVM_CAP_ARM_VM_IPA_SIZE);
    return most === 0 || most >= usualAddressBits ? 0 : most;
  },
  /** The model is a struct kvm_vcpu_init: this machine's own processor. The run loop itself asks it for the counter's frequency. */
  facts(ask, _kvm, vm) {
    const model = new Uint8Array(vcpuInitSize);
    ask('to tell what processors it has', vm, requests.preferredTarget, model);
    return { model, cyclesPerSecond: 0 };
  },
  prepare({ ioctl, struct, words }, { vcpu, facts, entry, stack }) {
    return [
      ioctl(vcpu, requests.initVcpu, facts.model, 'telling the virtual processor what it is (KVM_ARM_VCPU_INIT)'),
      ...startRegisters(entry, stack).map(({ name, id, value }) =>
        // struct kvm_one_reg: its number, and the address of its value.
        ioctl(
          vcpu,
          requests.setOneRegister,
          struct(words(id, 0), [{ at: 8, to: words(value) }]),
          `setting its register ${name} (KVM_SET_ONE_REG)`,
        ),
      ),
    ];
  },
};
