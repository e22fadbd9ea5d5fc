/** What the engine asks of KVM before a launch, through a virtual machine that is thrown away. Source: linux/kvm.h. */
import { closeSync, constants, openSync } from 'node:fs';
import type { Host } from '../../core/plugin.ts';

export const kvmDevice = '/dev/kvm';

/** Requests of ioctl(2): asm-generic/ioctl.h puts direction, size and number of each into one word. */
export const KVM = {
  getApiVersion: 0xae00,
  createVm: 0xae01,
  getVcpuMmapSize: 0xae04,
  getSupportedCpuid: 0xc008ae05,
  createVcpu: 0xae41,
  setUserMemoryRegion: 0x4020ae46,
  run: 0xae80,
  getRegs: 0x8090ae81,
  setRegs: 0x4090ae82,
  setSregs: 0x4138ae84,
  setCpuid2: 0x4008ae90,
  getTscKhz: 0xaea3,
} as const;

/** Documentation/virt/kvm/api.rst: the only version that there will be. */
const apiVersion = 12;
/** KVM_MAX_CPUID_ENTRIES, asm/kvm_host.h. */
const mostCpuidEntries = 256;
const cpuidHeader = 8;
const cpuidEntry = 40;

export interface KvmFacts {
  /** struct kvm_cpuid2: what KVM can offer a guest of this processor. */
  readonly cpuid: Uint8Array;
  /** Size of the mapping of a vCPU. */
  readonly runSize: number;
  /** Frequency of the guest's cycle counter. */
  readonly cyclesPerSecond: number;
}

/** @throws an error with the code ERR_NO_TENDER and what would help */
export async function readKvm({ library }: Pick<Host, 'library'>): Promise<KvmFacts> {
  const libc = await library('libc.so.6');
  const withNumber = libc.function('int ioctl(int fd, unsigned long request, long argument)') as Ioctl<number>;
  const withBytes = libc.function('int ioctl(int fd, unsigned long request, void *argument)') as Ioctl<Uint8Array>;
  const opened: number[] = [];
  const ask = (what: string, result: number) => {
    if (result < 0) throw unusable(`KVM refuses ${what}`);
    return result;
  };
  const keep = (fd: number) => {
    opened.push(fd);
    return fd;
  };
  try {
    const kvm = keep(openKvm());
    const version = ask('to tell its version', withNumber(kvm, KVM.getApiVersion, 0));
    if (version !== apiVersion) throw unusable(`KVM has version ${version} of its interface, not ${apiVersion}`);
    const runSize = ask('to tell the size of a processor', withNumber(kvm, KVM.getVcpuMmapSize, 0));
    const cpuid = new Uint8Array(cpuidHeader + mostCpuidEntries * cpuidEntry);
    const view = new DataView(cpuid.buffer);
    view.setUint32(0, mostCpuidEntries, true);
    ask('to tell what processors it has', withBytes(kvm, KVM.getSupportedCpuid, cpuid));
    const vm = keep(ask('a virtual machine', withNumber(kvm, KVM.createVm, 0)));
    const vcpu = keep(ask('a virtual processor', withNumber(vm, KVM.createVcpu, 0)));
    const kilohertz = ask('the frequency of the cycle counter, which may be unstable', withNumber(vcpu, KVM.getTscKhz, 0));
    return {
      cpuid: cpuid.slice(0, cpuidHeader + view.getUint32(0, true) * cpuidEntry),
      runSize,
      cyclesPerSecond: kilohertz * 1000,
    };
  } finally {
    for (const fd of opened.reverse()) closeSync(fd);
  }
}

type Ioctl<Argument> = (fd: number, request: number, argument: Argument) => number;

/** Opens /dev/kvm, or says what is missing. */
export function openKvm(device: string = kvmDevice): number {
  try {
    return openSync(device, constants.O_RDWR);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw unusable(`this machine has no ${device}`, cause);
    throw unusable(`${device} cannot be opened (${code})`, cause);
  }
}

function unusable(what: string, cause?: unknown): Error {
  return Object.assign(new Error(`a Solo5 hvt unikernel needs KVM, and ${what}`, { cause }), {
    code: 'ERR_NO_TENDER',
    hint: 'load the module kvm_intel or kvm_amd and turn virtualization on (in a virtual machine: nested), or build the unikernel for spt',
  });
}
