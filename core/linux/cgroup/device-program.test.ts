import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeviceRule } from '../../oci/resources-types.ts';
import { deviceProgram } from './device-program.ts';
import { completeRules } from './devices.ts';

interface Request {
  readonly type: 'b' | 'c';
  readonly major: number;
  readonly minor: number;
  readonly access: string;
}

const bits: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };

/** Runs a program as the kernel would: the operations that the assembler uses, one by one. */
function run(program: Uint8Array, { type, major, minor, access }: Request): number {
  const view = new DataView(program.buffer);
  const mask = [...access].reduce((sum, letter) => sum | (bits[letter] ?? 0), 0);
  const context = [(mask << 16) | (type === 'b' ? 1 : 2), major, minor];
  const registers: number[] = new Array(11).fill(0);
  for (let at = 0; ; at++) {
    const code = view.getUint8(at * 8);
    const [to, from] = [view.getUint8(at * 8 + 1) & 15, view.getUint8(at * 8 + 1) >> 4];
    const [offset, immediate] = [view.getInt16(at * 8 + 2, true), view.getInt32(at * 8 + 4, true)];
    const value = registers[to] ?? 0;
    if (code === 0x61) registers[to] = context[offset / 4] ?? Number.NaN;
    else if (code === 0xbf) registers[to] = registers[from] ?? 0;
    else if (code === 0xb7) registers[to] = immediate;
    else if (code === 0x57) registers[to] = value & immediate;
    else if (code === 0x77) registers[to] = value >>> immediate;
    else if (code === 0x15) at += value === immediate ? offset : 0;
    else if (code === 0x55) at += value !== immediate ? offset : 0;
    else if (code === 0x45) at += (value & immediate) !== 0 ? offset : 0;
    else if (code === 0x95) return registers[0] ?? 0;
    else throw new Error(`operation ${code} at ${at}`);
  }
}

/** What the specification says: rules in their order, the last that fits decides, for each kind of access by itself. */
function allowed(rules: readonly DeviceRule[], { type, major, minor, access }: Request): boolean {
  return [...access].every((letter) => {
    const last = rules.findLast(
      (rule) =>
        (rule.type === undefined || rule.type === 'a' || rule.type === type) &&
        (rule.major === undefined || rule.major === major) &&
        (rule.minor === undefined || rule.minor === minor) &&
        (rule.access ?? 'rwm').includes(letter),
    );
    return last?.allow ?? false;
  });
}

const access = fc.constantFrom('r', 'w', 'm', 'rw', 'rwm');
const number = fc.constantFrom(0, 1, 3, 136);
const rule: fc.Arbitrary<DeviceRule> = fc.record(
  { allow: fc.boolean(), type: fc.constantFrom('a', 'b', 'c'), major: number, minor: number, access },
  { requiredKeys: ['allow'] },
);
const request: fc.Arbitrary<Request> = fc.record({ type: fc.constantFrom('b', 'c'), major: number, minor: number, access });

test('the program answers as the rules say', () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 8 }), request, (rules, asked) => {
      expect(run(deviceProgram(completeRules(rules)), asked) === 1).toBe(allowed(rules, asked));
    }),
    { numRuns: 2000 },
  );
});

test('a number that no device can have fits none', () => {
  const program = deviceProgram(completeRules([{ allow: true, type: 'c', major: 2 ** 32 - 1 }]));
  expect(run(program, { type: 'c', major: -1, minor: 0, access: 'r' })).toBe(0);
});

test('without rules the program says no to everything', () => {
  const program = deviceProgram([]);
  expect(program.length / 8).toBe(6 + 4);
  expect(run(program, { type: 'c', major: 1, minor: 3, access: 'r' })).toBe(0);
});
