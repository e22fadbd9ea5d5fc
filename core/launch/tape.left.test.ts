/** What is left when a tape has been played: the guest it entered, and the handler of signals. */
import { expect, test } from 'vitest';
import * as tape from './calls.ts';
import { architecture, machineCode, play, signalled } from './testing/play.ts';

test('a tape of no ops enters at once', () => {
  const [entry, stack] = [0n, 0n];
  expect(play([], { enter: { entry, stack, argument: 0n } }).ended).toBe('SIGSEGV');
});

test.each([
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGQUIT', 3],
  ['SIGTERM', 15],
] as const)('%s ends what a tape started with 128 + its number', async (name, signal) => {
  const restorer = architecture.restorerOffset === undefined ? undefined : tape.addressOf('restorer');
  const ops = [
    tape.handleSignal(signal, tape.addressOf('handler'), restorer),
    tape.write(1, 'ready', 5),
    tape.call('ppoll', [0, 0, 0, 0, 0], { label: 'waiting for ever' }),
  ];
  expect(await signalled(ops, name)).toBe(128 + signal);
  expect(await signalled(ops.slice(1), name)).toBe(name);
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
