import { expect, test } from 'vitest';
import type { Elf, Manifest } from '../plugin.ts';
import { checkMachine, describeProgram } from './describe-program.ts';

const none = { abi: undefined, manifest: undefined };
const manifest: Manifest = { bytes: new Uint8Array(), devices: [] };
const elf = (change: Partial<Elf> = {}): Elf => ({
  type: 2,
  machine: 62,
  entry: 0n,
  interpreter: undefined,
  segments: [],
  ...change,
});

test.each([
  ['a Solo5 hvt unikernel (ABI version 2)', elf(), { abi: { target: 1, version: 2 }, manifest }],
  ['a Solo5 unikernel for the unknown target 0x63 (ABI version 7)', elf(), { abi: { target: 99, version: 7 }, manifest }],
  ['a Solo5 program without an ABI note', elf({ interpreter: '/nonexistent/solo5/' }), none],
  ['a Solo5 program without an ABI note', elf(), { abi: undefined, manifest }],
  [
    'a dynamically linked Linux program (interpreter "/lib64/ld-linux-x86-64.so.2")',
    elf({ interpreter: '/lib64/ld-linux-x86-64.so.2' }),
    none,
  ],
  ['a position-independent ELF program without an interpreter', elf({ type: 3 }), none],
  ['a statically linked ELF program without Solo5 notes', elf(), none],
  ['an ELF file that is no program (e_type 4)', elf({ type: 4 }), none],
])('%s', (description, program, notes) => {
  expect(describeProgram(program, notes)).toBe(description);
  expect(describeProgram(program, notes, 183)).toBe(`${description} for x86_64`);
});

test('a program for another processor is refused by the names of both', () => {
  const notes = { abi: { target: 2, version: 2 }, manifest };
  expect(() => checkMachine(elf(), notes, 62, '/hello')).not.toThrow();
  expect(() => checkMachine(elf({ machine: 183 }), notes, 62, '/hello')).toThrow(
    'program "/hello" is a Solo5 spt unikernel (ABI version 2) for aarch64, this machine is x86_64',
  );
  expect(() => checkMachine(elf({ machine: 4711 }), none, 62, '/hello')).toThrow('for machine 4711, this machine is x86_64');
});
