/** What the engine asks of KVM before a launch, through a virtual machine that is thrown away. Source: linux/kvm.h. */
import { closeSync, constants, openSync } from 'node:fs';
import type { Host } from '../../core/plugin.ts';
import type { KvmFacts, Processor, Question } from './processor.ts';

export const kvmDevice = '/dev/kvm';

/** Requests of ioctl(2) that all processors have: asm-generic/ioctl.h puts direction, size and number of each into one word. */
export const KVM = {
  getApiVersion: 0xae00,
  createVm: 0xae01,
  getVcpuMmapSize: 0xae04,
  createVcpu: 0xae41,
  setUserMemoryRegion: 0x4020ae46,
  run: 0xae80,
} as const;

/** Documentation/virt/kvm/api.rst: the only version that there will be. */
const apiVersion = 12;

/** @throws an error with the code ERR_NO_TENDER and what would help */
export async function readKvm({ library }: Pick<Host, 'library'>, processor: Processor): Promise<KvmFacts> {
  const libc = await library('libc.so.6');
  const withNumber = libc.function('int ioctl(int fd, unsigned long request, long argument)') as Ioctl<number>;
  const withBytes = libc.function('int ioctl(int fd, unsigned long request, void *argument)') as Ioctl<Uint8Array>;
  const opened: number[] = [];
  const keep = (fd: number) => {
    opened.push(fd);
    return fd;
  };
  const answer = (what: string, fd: number, request: number, argument: number | Uint8Array) => {
    const result = typeof argument === 'number' ? withNumber(fd, request, argument) : withBytes(fd, request, argument);
    if (result < 0) throw unusable(`KVM refuses ${what}`);
    return result;
  };
  const ask: Question = Object.assign(answer, {
    descriptor: (...question: Parameters<Question['descriptor']>) => keep(answer(...question)),
  });
  try {
    const kvm = keep(openKvm());
    const version = ask('to tell its version', kvm, KVM.getApiVersion, 0);
    if (version !== apiVersion) throw unusable(`KVM has version ${version} of its interface, not ${apiVersion}`);
    const runSize = ask('to tell the size of a processor', kvm, KVM.getVcpuMmapSize, 0);
    const machineType = processor.machineType(ask, kvm);
    const vm = ask.descriptor('a virtual machine', kvm, KVM.createVm, machineType);
    return { machineType, runSize, ...processor.facts(ask, kvm, vm) };
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

const help =
  process.arch === 'arm64'
    ? 'boot a kernel with KVM on a machine whose firmware starts it at EL2'
    : 'load the module kvm_intel or kvm_amd and turn virtualization on';

function unusable(what: string, cause?: unknown): Error {
  return Object.assign(new Error(`a Solo5 hvt unikernel needs KVM, and ${what}`, { cause }), {
    code: 'ERR_NO_TENDER',
    hint: `${help} (in a virtual machine: nested), or build the unikernel for spt`,
  });
}
