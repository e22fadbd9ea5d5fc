/** What an aarch64 guest starts with: tables read back as a processor would, registers and requests as the kernel's headers have them. */
import { execaSync } from 'execa';
import { expect, test } from 'vitest';
import * as tape from '../../../core/launch/calls.ts';
import { machineCode } from '../../../core/launch/testing/play.ts';
import { canCompileFor, compilerFor } from '../../../scripts/compilers.mjs';
import { bootInfoAddress, lowStart, mostMemory, tables } from '../addresses.ts';
import { lowMemory } from '../boot-info.ts';
import type { Question } from '../processor.ts';
import { aarch64 } from './processor.ts';
import { startRegisters } from './registers.ts';
import { writeTables } from './tables.ts';

const MiB = 2 ** 20;
const compiler = compilerFor('aarch64');

function lowOf(memory: number) {
  const facts = { memory, ring: 0, programEnd: 0x123000, cyclesPerSecond: 0, writeTables, manifest: new Uint8Array(112) };
  const bytes = lowMemory(tape.putWord, { ...facts, commandLine: '' });
  const view = new DataView(bytes.buffer);
  return { bytes, word: (address: number) => view.getBigUint64(address - lowStart, true) };
}

interface Mapped {
  readonly address: number;
  readonly kind: 'memory' | 'device';
  readonly writable: boolean;
  readonly executable: boolean;
}

/** Where a virtual address leads; undefined where nothing is mapped (Arm ARM, D8.3: descriptors of a granule of 4 KiB). */
function walk(word: (address: number) => bigint, virtual: number): Mapped | undefined {
  let table = tables.level4 as number;
  for (const shift of [39, 30, 21, 12]) {
    const descriptor = word(table + (Math.floor(virtual / 2 ** shift) % 512) * 8);
    const bit = (number: number) => (descriptor >> BigInt(number)) & 1n;
    if (bit(0) === 0n) return undefined;
    const target = Number(descriptor & 0xffff_ffff_f000n);
    if (shift === 12 || bit(1) === 0n) {
      // The access flag, without which the first access is a fault; nobody at EL0 may execute it or reach it.
      expect([bit(10), bit(54), bit(6)]).toEqual([1n, 1n, 0n]);
      const kind = ((descriptor >> 2n) & 7n) === 4n ? 'memory' : 'device';
      return { address: target + (virtual % 2 ** shift), kind, writable: bit(7) === 0n, executable: bit(53) === 0n };
    }
    table = target;
  }
  return undefined;
}

test.each([2, 4, 512, 1024, 1026, 4096].map((mebibytes) => [mebibytes]))(
  '%i MiB are mapped one to one, and nothing behind them but the hypercalls',
  (mebibytes) => {
    const memory = mebibytes * MiB;
    const { word } = lowOf(memory);
    const plain = { kind: 'memory', writable: true, executable: true } as const;
    for (const address of [0x100000, 0x1fffff, memory / 2 + 5, memory - 1])
      expect(walk(word, address)).toEqual({ ...plain, address });
    for (const address of [0, 0x7fff, tables.level4, tables.level3, tables.level2, tables.level1, 0xffff])
      expect(walk(word, address)).toBeUndefined();
    for (const address of [bootInfoAddress, 0xfffff])
      expect(walk(word, address)).toEqual({ address, kind: 'memory', writable: false, executable: false });
    expect(walk(word, tables.vectors)).toEqual({ ...plain, address: tables.vectors, writable: false });
    for (const address of [mostMemory, mostMemory + 0x100])
      expect(walk(word, address)).toEqual({ address, kind: 'device', writable: true, executable: false });
    if (memory < mostMemory) expect(walk(word, memory)).toBeUndefined();
    expect(walk(word, mostMemory + 1024 * MiB)).toBeUndefined();
  },
);

test.skipIf(!canCompileFor('aarch64'))(`each exception vector tells the loop (needs ${compiler})`, () => {
  const { bytes } = lowOf(2 * MiB);
  const vector = Buffer.from(machineCode('mov x0, #0x100000000\nstr x0, [x0, #0x800]', compiler.replace(/gcc$/, '')));
  expect(vector.length).toBe(8);
  for (let index = 0; index < 16; index++) {
    const at = tables.vectors - lowStart + index * 0x80;
    expect(vector.equals(bytes.subarray(at, at + 8))).toBe(true);
  }
  expect(tables.vectors % 0x800).toBe(0);
});

test.skipIf(!canCompileFor('aarch64'))(`numbers are those of the kernel's headers (needs ${compiler})`, () => {
  const core = (field: string) => `KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(${field})`;
  const system = (...numbers: readonly number[]) => `ARM64_SYS_REG(${numbers.join(', ')})`;
  // Numbers of system registers: asm/sysreg.h of the kernel, which is not for programs.
  const ids: Readonly<Record<string, string>> = {
    MAIR_EL1: system(3, 0, 10, 2, 0),
    TCR_EL1: system(3, 0, 2, 0, 2),
    TTBR0_EL1: system(3, 0, 2, 0, 0),
    VBAR_EL1: system(3, 0, 12, 0, 0),
    CPACR_EL1: system(3, 0, 1, 0, 2),
    SCTLR_EL1: system(3, 0, 1, 0, 0),
    pstate: core('regs.pstate'),
    sp_el1: core('sp_el1'),
    x0: core('regs.regs[0]'),
    pc: core('regs.pc'),
  };
  const registers = startRegisters(0x100000n, 0x1ffff0);
  expect(registers.map(({ name }) => name)).toEqual(Object.keys(ids));
  const state = registers.find(({ name }) => name === 'pstate')?.value;
  const asserted = [
    ...registers.map(({ name, id }) => `(${ids[name]}) == ${id}ull`),
    `(PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT | PSR_MODE_EL1h) == ${state}`,
    `KVM_GET_ONE_REG == ${aarch64.readRegisters}u`,
    'sizeof(struct kvm_vcpu_init) == 32',
    'sizeof(struct kvm_one_reg) == 16 && offsetof(struct kvm_one_reg, addr) == 8',
    'KVM_CAP_ARM_VM_IPA_SIZE == 165',
    ...requestsOf().map(([name, request]) => `${name} == ${request}u`),
  ];
  const source = `#include <linux/kvm.h>\n#include <asm/ptrace.h>\n#include <stddef.h>\n${asserted.map((what) => `_Static_assert(${what}, "");\n`).join('')}`;
  expect(execaSync(compiler, ['-fsyntax-only', '-Wno-overflow', '-x', 'c', '-'], { input: source, reject: false }).stderr).toBe(
    '',
  );
});

/** The requests that the plan makes, by the names in their labels. */
function requestsOf(): readonly (readonly [name: string, request: number])[] {
  const facts = { machineType: 0, runSize: 4096, model: new Uint8Array(32), cyclesPerSecond: 0 };
  const ops = aarch64.prepare(tape, { vcpu: 3, facts, entry: 0n, stack: 0 });
  return ops.map(({ label, args }) => [/\((KVM_\w+)\)/.exec(label)?.[1] ?? '', args[1] as number]);
}

/** A KVM that gives one answer. */
function answering(value: number): { readonly ask: Question; readonly asked: number[] } {
  const asked: number[] = [];
  const answer = (_what: string, _fd: number, request: number) => {
    asked.push(request);
    return value;
  };
  return { ask: Object.assign(answer, { descriptor: answer }), asked };
}

test.each([
  ['does not know the question', 0, 0],
  ['has the usual 40 bits', 40, 0],
  ['has more', 48, 0],
  ['has fewer', 36, 36],
])('a host that %s gets a machine that it can make', (_name, most, type) => {
  expect(aarch64.machineType(answering(most).ask, 3)).toBe(type);
});
