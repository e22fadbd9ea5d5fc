/** Says in a few words what a program is, for messages about programs that cannot be started. */
import { RunncError } from '../errors.ts';
import type { Elf, Solo5Notes } from '../plugin.ts';
import { hex, quoted } from './quoted.ts';
import { solo5Target } from './solo5-notes.ts';

/** PT_INTERP of every Solo5 program: a file that is never there, so that Linux does not start it (elf_abi.h). */
const SOLO5_INTERPRETER = '/nonexistent/solo5/';
const ET_EXEC = 2;
const ET_DYN = 3;

/** e_machine (elf.h, EM_*). */
const machines: ReadonlyMap<number, string> = new Map([
  [21, 'powerpc64'],
  [22, 's390x'],
  [62, 'x86_64'],
  [183, 'aarch64'],
  [243, 'riscv64'],
  [258, 'loongarch64'],
]);

/** The name of a processor: `aarch64`. */
export function machineName(machine: number): string {
  return machines.get(machine) ?? `machine ${machine}`;
}

/**
 * `a Solo5 hvt unikernel (ABI version 2)`, `a dynamically linked Linux program (interpreter "/lib64/ld-linux-x86-64.so.2")`, ...
 * With `machine`, that of the host, a program for another one gets ` for aarch64`.
 */
export function describeProgram(elf: Elf, { abi, manifest }: Solo5Notes, machine: number = elf.machine): string {
  const suffix = elf.machine === machine ? '' : ` for ${machineName(elf.machine)}`;
  if (abi) {
    const target = solo5Target(abi.target);
    return `${target ? `a Solo5 ${target} unikernel` : `a Solo5 unikernel for the unknown target ${hex(abi.target)}`} (ABI version ${abi.version})${suffix}`;
  }
  if (manifest || elf.interpreter === SOLO5_INTERPRETER) return `a Solo5 program without an ABI note${suffix}`;
  if (elf.interpreter !== undefined)
    return `a dynamically linked Linux program (interpreter ${quoted(elf.interpreter)})${suffix}`;
  if (elf.type === ET_DYN) return `a position-independent ELF program without an interpreter${suffix}`;
  if (elf.type === ET_EXEC) return `a statically linked ELF program without Solo5 notes${suffix}`;
  return `an ELF file that is no program (e_type ${elf.type})${suffix}`;
}

/** Throws unless the program is for this processor. */
export function checkMachine(elf: Elf, notes: Solo5Notes, machine: number, path: string): void {
  if (elf.machine === machine) return;
  throw new RunncError(
    'ERR_ARCHITECTURE',
    `program ${quoted(path)} is ${describeProgram(elf, notes, machine)}, this machine is ${machineName(machine)}`,
    {
      hint: 'build or pull the image for this machine',
    },
  );
}
