/** What the tender must know of a processor; x86_64/processor.ts and aarch64/processor.ts tell it. */
import type { Op, TapeTools } from '../../core/plugin.ts';
import type { KvmFacts, Question } from './kvm.ts';

export interface Processor {
  /** The run loop, behind whose code its parameters go, and where in it the handler of faults is. */
  readonly code: Uint8Array;
  readonly faultHandlerOffset: number;
  /** The request of ioctl(2) by which the loop reads the registers of a guest that failed. */
  readonly readRegisters: number;
  /** Writes what the processor starts with into low memory, which begins at `lowStart`, for `memory` bytes. */
  writeTables(low: DataView, memory: number): void;
  /** Asks for the kind of virtual machine (KVM_CREATE_VM), and then through such a machine for the rest. */
  machineType(ask: Question, kvm: number): number;
  facts(ask: Question, kvm: number, vm: number): Pick<KvmFacts, 'model' | 'cyclesPerSecond'>;
  /** Makes the virtual processor what a guest expects. `stack` is the stack pointer's value. */
  prepare(tape: TapeTools, what: { vcpu: number; facts: KvmFacts; entry: bigint; stack: number }): readonly Op[];
}

/** The processors that there are, by OCI's names for them and the guest's ABI, each with a run loop and loaded only where it is needed. */
export const processors: Readonly<Record<string, Readonly<Record<string, () => Promise<Processor>>>>> = {
  amd64: {
    hvt: async () => (await import('./x86_64/processor.ts')).x86_64,
    'legacy-hvt': async () => (await import('./x86_64/legacy-processor.ts')).legacyX86_64,
  },
  arm64: { hvt: async () => (await import('./aarch64/processor.ts')).aarch64 },
};
