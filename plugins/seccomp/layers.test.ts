import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadLibrary } from '../../core/sys/library.ts';
import type { ArgumentTest, CallRule } from './filter-plan.ts';
import { layersOf } from './layers.ts';
import { compile } from './libseccomp.ts';
import { actions, operators } from './seccomp-h.ts';
import { run } from './testing/bpf-machine.ts';
import { AUDIT_ARCH_X86_64, amd64 } from './testing/host.ts';

const { SCMP_ACT_ALLOW, SCMP_ACT_KILL_PROCESS, SCMP_ACT_TRAP } = actions;
const { SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_LE, SCMP_CMP_LT, SCMP_CMP_MASKED_EQ, SCMP_CMP_NE } = operators;
const LARGEST = 2n ** 64n - 1n;

function holds({ op, a, b }: ArgumentTest, value: bigint): boolean {
  switch (op) {
    case SCMP_CMP_NE:
      return value !== a;
    case SCMP_CMP_LT:
      return value < a;
    case SCMP_CMP_LE:
      return value <= a;
    case SCMP_CMP_EQ:
      return value === a;
    case SCMP_CMP_GE:
      return value >= a;
    case SCMP_CMP_GT:
      return value > a;
    default:
      return (value & a) === (b & a);
  }
}

const value = fc.constantFrom(
  0n,
  1n,
  2n,
  511n,
  512n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 32n + 1n,
  2n ** 33n - 1n,
  LARGEST - 1n,
  LARGEST,
);
const argumentTest = (ops: readonly number[]): fc.Arbitrary<ArgumentTest> =>
  fc.record({ arg: fc.nat(1), op: fc.constantFrom(...ops), a: value, b: value });
const rule = (ops: readonly number[], results: readonly number[]): fc.Arbitrary<CallRule> =>
  fc.record({
    call: fc.constant('write'),
    action: fc.constantFrom(...results),
    tests: fc.uniqueArray(argumentTest(ops), { minLength: 1, maxLength: 2, selector: ({ arg }) => arg }),
    required: fc.constant(true),
  });

/** A test that no value fails is none to libseccomp, and a rule without tests stands above all others. */
const isWhole = ({ tests }: CallRule) =>
  tests.every(
    ({ op, a }) =>
      (op === SCMP_CMP_MASKED_EQ && a === 0n) || (op === SCMP_CMP_GE && a === 0n) || (op === SCMP_CMP_LE && a === LARGEST),
  );

function answer(rules: readonly CallRule[], args: readonly bigint[]): number {
  return rules.find(({ tests }) => tests.every((one) => holds(one, args[one.arg] ?? 0n)))?.action ?? SCMP_ACT_KILL_PROCESS;
}

async function firstRuleWins(rules: readonly CallRule[]): Promise<void> {
  const program = await compile({ library: loadLibrary }, { defaultAction: SCMP_ACT_KILL_PROCESS, rules }, amd64);
  const values = rules.flatMap(({ tests }) =>
    tests.flatMap(({ a, b }) => [a - 1n, a, a + 1n, b].map((near) => BigInt.asUintN(64, near))),
  );
  for (const first of new Set(values)) {
    for (const second of new Set(values)) {
      expect(run(program, { nr: 1, arch: AUDIT_ARCH_X86_64, args: [first, second] })).toBe(answer(rules, [first, second]));
    }
  }
}

describe('several rules for one call', () => {
  const any = Object.values(operators);
  test('mean what they say in any mixture of operators', async () => {
    const rules = fc.array(rule(any, [SCMP_ACT_ALLOW]), { minLength: 1, maxLength: 4 });
    await fc.assert(fc.asyncProperty(rules, firstRuleWins), { numRuns: 200 });
  });

  test('are tried in order when their actions differ', async () => {
    const rules = fc.array(
      rule(any, [SCMP_ACT_ALLOW, SCMP_ACT_TRAP]).filter((one) => !isWhole(one)),
      { minLength: 2, maxLength: 4 },
    );
    await fc.assert(fc.asyncProperty(rules, firstRuleWins), { numRuns: 200 });
  });

  test('share one program when all compare for equality', async () => {
    const rules = fc.array(rule([SCMP_CMP_EQ, SCMP_CMP_MASKED_EQ], [SCMP_ACT_ALLOW]), { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(rules, async (of) => {
        expect(layersOf(of)).toHaveLength(1);
        await firstRuleWins(of);
      }),
      { numRuns: 200 },
    );
  });

  test('give way to one without tests, wherever it is listed', () => {
    const tests = [{ arg: 0, op: SCMP_CMP_EQ, a: 1n, b: 0n }];
    const some: CallRule = { call: 'write', action: SCMP_ACT_ALLOW, tests, required: true };
    const whole: CallRule = { call: 'write', action: SCMP_ACT_TRAP, tests: [], required: true };
    const later: CallRule = { ...whole, action: SCMP_ACT_ALLOW };
    expect(layersOf([some, whole, later])).toEqual([[whole]]);
  });
});
