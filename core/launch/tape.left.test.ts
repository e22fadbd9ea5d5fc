/** What is left when a tape has been played: the guest it entered, and the handler of signals. */
import { describe, expect, test } from 'vitest';
import { canCompileFor, compilerFor } from '../../scripts/compilers.mjs';
import * as tape from './calls.ts';
import { machineCode, machines, play, signalled } from './testing/play.ts';

describe.each(machines)('on $name', (on) => {
  test('a tape of no ops enters at once', () => {
    const [entry, stack] = [0n, 0n];
    expect(play([], { enter: { entry, stack, argument: 0n }, on }).ended).toBe('SIGSEGV');
  });

  test.each([
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGQUIT', 3],
    ['SIGTERM', 15],
  ] as const)('%s ends what a tape started with 128 + its number', async (name, signal) => {
    const restorer = on.architecture.restorerOffset === undefined ? undefined : tape.addressOf('restorer');
    const ops = [
      tape.handleSignal(signal, tape.addressOf('handler'), restorer),
      tape.write(1, 'ready', 5),
      tape.call('ppoll', [0, 0, 0, 0, 0], { label: 'waiting for ever' }),
    ];
    expect(await signalled(ops, name, on)).toBe(128 + signal);
    expect(await signalled(ops.slice(1), name, on)).toBe(name);
  });
});

test.skipIf(process.arch !== 'x64')('entering finds its stack and argument, and registers without traces', () => {
  const at = 0x20000000;
  // Leaves a byte per register: 1 where it is not what it should be; then writes them and exits.
  const registers = ['rax', 'rbx', 'rdx', 'rsi', 'rbp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];
  const code = machineCode(`
    ${registers.map((register, index) => `test %${register}, %${register}; setnz ${0x800 + index}+${at}`).join('\n')}
    mov %rsp, ${at + 0x820}
    mov %rdi, ${at + 0x828}
    mov $1, %edi
    mov $${at + 0x800}, %esi
    mov $48, %edx
    mov $1, %eax
    syscall
    xor %edi, %edi
    mov $231, %eax
    syscall`);
  const bytes = new Uint8Array(4096);
  bytes.set(code);
  const enter = { entry: BigInt(at), stack: 0x123456789aaan, argument: 0xfedcba9876543210n };
  const protect = tape.mprotect(at, 4096, tape.PROT.read | tape.PROT.write | tape.PROT.execute);
  const { ended, output } = play([protect], { segments: [{ address: at, bytes }], enter });
  const found = Buffer.from(output, 'latin1');
  expect({ ended, traces: registers.filter((_, index) => found[index] !== 0) }).toEqual({ ended: 0, traces: [] });
  expect(found.readBigUInt64LE(0x20)).toBe(enter.stack);
  expect(found.readBigUInt64LE(0x28)).toBe(enter.argument);
});

const emulated = machines.find(({ name }) => name === 'aarch64');

test.skipIf(!(emulated && canCompileFor('aarch64')))('the same on aarch64, where nothing but the entry is left, in x16', () => {
  const at = 0x20000000;
  // Leaves 8 bytes per register, then writes them and exits.
  const registers = Array.from({ length: 31 }, (_, index) => index);
  const code = machineCode(
    `
    str x16, [sp, #-16]
    mov x16, #${at}
    add x16, x16, #0x800
    ${registers.map((index) => (index === 16 ? '' : `str x${index}, [x16, #${index * 8}]`)).join('\n')}
    ldr x1, [sp, #-16]
    str x1, [x16, #128]
    mov x1, sp
    str x1, [x16, #248]
    mov x0, #1
    mov x1, x16
    mov x2, #256
    mov x8, #64
    svc #0
    mov x0, #0
    mov x8, #94
    svc #0`,
    compilerFor('aarch64').replace(/gcc$/, ''),
  );
  const bytes = new Uint8Array(4096);
  bytes.set(code);
  const enter = { entry: BigInt(at), stack: BigInt(at + 0x1000), argument: 0xfedcba9876543210n };
  const protect = tape.mprotect(at, 4096, tape.PROT.read | tape.PROT.write | tape.PROT.execute);
  const { ended, output } = play([protect], { segments: [{ address: at, bytes }], enter, ...(emulated ? { on: emulated } : {}) });
  const found = Buffer.from(output, 'latin1');
  const value = (index: number) => found.readBigUInt64LE(index * 8);
  expect(ended).toBe(0);
  expect([value(0), value(16), value(31)]).toEqual([enter.argument, enter.entry, enter.stack]);
  expect(registers.filter((index) => index !== 0 && index !== 16 && value(index) !== 0n)).toEqual([]);
});
