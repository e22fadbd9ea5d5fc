/** What a processor is for the tender (processors.ts has those that there are), and what it has to be asked for. */
import type { Op, TapeTools } from '../../core/plugin.ts';

/** What the engine learns of a machine's KVM before a launch. */
export interface KvmFacts {
  /** The argument of KVM_CREATE_VM. */
  readonly machineType: number;
  /** Size of the mapping of a vCPU. */
  readonly runSize: number;
  /** What the virtual processor is to be, in the processor's own form. */
  readonly model: Uint8Array;
  /** Frequency of the guest's cycle counter. */
  readonly cyclesPerSecond: number;
}

/** Asks KVM by an ioctl, and throws when it refuses `what`. */
export interface Question {
  (what: string, fd: number, request: number, argument: number | Uint8Array): number;
  /** The same for an answer that is a descriptor, which is closed in the end. */
  readonly descriptor: (what: string, fd: number, request: number, argument: number) => number;
}

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
