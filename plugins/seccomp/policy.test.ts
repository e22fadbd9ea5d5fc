import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Condition, Policy } from '../../core/plugin.ts';
import { actions } from './seccomp-h.ts';
import { run } from './testing/bpf-machine.ts';
import { AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, amd64, arm64, refusalOf, testHost } from './testing/host.ts';

const { SCMP_ACT_ALLOW, SCMP_ACT_KILL_PROCESS } = actions;
const LARGEST = 2n ** 64n - 1n;

const numbers: Readonly<Record<string, number>> =
  // asm/unistd_64.h
  {
    read: 0,
    write: 1,
    pread64: 17,
    pwrite64: 18,
    clock_gettime: 228,
    exit_group: 231,
  };

/** What a policy says, in its own words. */
function allowed(policy: Policy, call: string, args: readonly bigint[]): boolean {
  const holds = ({ arg, op, value }: Condition) => {
    const [left, right] = [args[arg] ?? 0n, BigInt(value)];
    return {
      '==': left === right,
      '!=': left !== right,
      '<': left < right,
      '<=': left <= right,
      '>': left > right,
      '>=': left >= right,
    }[op];
  };
  return policy.some((rule) => rule.call === call && (rule.when ?? []).every(holds));
}

/** Numbers near which mistakes hide: the ends of the 32-bit halves, sizes, and each other. */
const landmark = fc.constantFrom(
  0n,
  1n,
  2n,
  3n,
  511n,
  512n,
  4096n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 32n + 1n,
  3n * 2n ** 32n,
  2n ** 63n,
  LARGEST,
);
const near = fc.tuple(landmark, fc.bigInt(-2n, 2n)).map(([a, b]) => BigInt.asUintN(64, a + b));
const value = fc.oneof({ weight: 4, arbitrary: near }, { weight: 1, arbitrary: fc.bigInt(0n, LARGEST) });
const condition: fc.Arbitrary<Condition> = fc.record({
  arg: fc.nat(2),
  op: fc.constantFrom('==' as const, '!=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const),
  value,
});
const policies = (most: { rules: number; conditions: number }): fc.Arbitrary<Policy> =>
  fc.array(
    fc.record({
      call: fc.constantFrom(...Object.keys(numbers).slice(0, 4)),
      when: fc.array(condition, { maxLength: most.conditions }),
    }),
    {
      maxLength: most.rules,
    },
  );

/** Argument lists that stand on both sides of every condition. */
function probes(policy: Policy, random: readonly bigint[]): readonly (readonly bigint[])[] {
  const near = (value: number | bigint) => [-1n, 0n, 1n].map((by) => BigInt.asUintN(64, BigInt(value) + by));
  const all = [...new Set([...policy.flatMap(({ when = [] }) => when.flatMap((condition) => near(condition.value))), ...random])];
  const pick = (index: number) => all[index % all.length] ?? 0n;
  return Array.from({ length: 60 }, (_, i) => [pick(i), pick(i * 5 + Math.trunc(i / all.length)), pick(i * 3 + 1)]);
}

describe('a compiled policy', () => {
  const property = (most: { rules: number; conditions: number }, numRuns: number) => async () => {
    const host = testHost();
    await fc.assert(
      fc.asyncProperty(policies(most), fc.array(value, { minLength: 1, maxLength: 3 }), async (policy, random) => {
        const program = await host.compile(policy);
        for (const args of probes(policy, random)) {
          for (const [call, nr] of Object.entries(numbers)) {
            const expected = allowed(policy, call, args) ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS;
            const answer = run(program, { nr, arch: AUDIT_ARCH_X86_64, args });
            if (answer !== expected) throw new Error(`${call}(${args}): ${answer.toString(16)}, not ${expected.toString(16)}`);
          }
        }
      }),
      { numRuns },
    );
  };
  test('allows what the policy says and nothing else, with one rule a call', property({ rules: 1, conditions: 3 }, 300));
  test('and with several rules on the same call', property({ rules: 4, conditions: 2 }, 300));
});

/** Solo5's spt (tenders/spt), with one network device (descriptor 5) and one disk of 1 MiB (6). */
const spt: Policy = [
  { call: 'write', when: [{ arg: 0, op: '==', value: 1 }] },
  { call: 'exit_group' },
  { call: 'epoll_pwait', when: [{ arg: 0, op: '==', value: 3 }] },
  { call: 'timerfd_settime', when: [{ arg: 0, op: '==', value: 4 }] },
  { call: 'clock_gettime', when: [{ arg: 0, op: '==', value: 0 }] },
  { call: 'clock_gettime', when: [{ arg: 0, op: '==', value: 1 }] },
  { call: 'read', when: [{ arg: 0, op: '==', value: 5 }] },
  { call: 'write', when: [{ arg: 0, op: '==', value: 5 }] },
  ...['pread64', 'pwrite64'].map((call) => ({
    call,
    when: [
      { arg: 0, op: '==', value: 6 },
      { arg: 2, op: '==', value: 512 },
      { arg: 3, op: '>=', value: 0 },
      { arg: 3, op: '<=', value: 1_048_576 - 512 },
    ] as const,
  })),
];

describe("a guest's policy", () => {
  const x86 =
    (program: Uint8Array) =>
    (nr: number, args: readonly (number | bigint)[], arch: number = AUDIT_ARCH_X86_64) =>
      run(program, { nr, arch, args });

  test('pins each device to its descriptor, size and end', async () => {
    const call = x86(await testHost().compile(spt));
    expect(call(1, [1, 0, 99])).toBe(SCMP_ACT_ALLOW);
    expect(call(1, [2, 0, 99])).toBe(SCMP_ACT_KILL_PROCESS);
    expect(call(1, [1n + (1n << 32n), 0, 99])).toBe(SCMP_ACT_KILL_PROCESS);
    expect(call(17, [6, 0, 512, 1_048_576 - 512])).toBe(SCMP_ACT_ALLOW);
    expect(call(17, [6, 0, 512, 1_048_576 - 511])).toBe(SCMP_ACT_KILL_PROCESS);
    expect(call(17, [6, 0, 512, -512])).toBe(SCMP_ACT_KILL_PROCESS);
    expect(call(17, [6, 0, 513, 0])).toBe(SCMP_ACT_KILL_PROCESS);
  });

  test('ends a process that calls through another convention', async () => {
    const call = x86(await testHost().compile(spt));
    expect(call(231, [])).toBe(SCMP_ACT_ALLOW);
    expect(call(231, [], AUDIT_ARCH_I386)).toBe(SCMP_ACT_KILL_PROCESS);
    expect(call(0x40000000 + 231, [])).toBe(SCMP_ACT_KILL_PROCESS); // __X32_SYSCALL_BIT, asm/unistd.h
    expect(call(-1, [])).toBe(SCMP_ACT_KILL_PROCESS);
  });

  test('is short', async () => {
    expect((await testHost().compile(spt)).length / 8).toBeLessThan(80);
  });

  test('compiles for another processor than this one', async () => {
    const program = await testHost().compile(spt, arm64);
    const call = (nr: number, args: readonly number[], arch = AUDIT_ARCH_AARCH64) => run(program, { nr, arch, args });
    expect(call(64, [1])).toBe(SCMP_ACT_ALLOW); // asm-generic/unistd.h: write
    expect(call(64, [2])).toBe(SCMP_ACT_KILL_PROCESS);
    expect(call(94, [])).toBe(SCMP_ACT_ALLOW); // exit_group
    expect(call(94, [], AUDIT_ARCH_X86_64)).toBe(SCMP_ACT_KILL_PROCESS);
  });

  test('may name a call that our table knows and libseccomp does not', async () => {
    const program = await testHost().compile([{ call: 'call_of_tomorrow' }], { ...amd64, numbers: { call_of_tomorrow: 999 } });
    expect(x86(program)(999, [])).toBe(SCMP_ACT_ALLOW);
    expect(x86(program)(998, [])).toBe(SCMP_ACT_KILL_PROCESS);
  });
});

describe('a policy is refused in one sentence', () => {
  const when = (...conditions: unknown[]) => [{ call: 'write', when: conditions }] as unknown as Policy;
  const unknown = 'amd64 has no system call wriet; a newer libseccomp may know it';
  const argument = 'the policy tests argument 9 of write, but they are numbered 0 to 5';
  const wide = (arg: number) => [{ arg, op: '>=', value: 1 } as const, { arg, op: '<=', value: LARGEST - 1n } as const];
  test.each<[string, Policy, string, typeof amd64?]>([
    ['an unknown call', [{ call: 'wriet' }], unknown],
    ['a call of another processor', [{ call: 'open' }], 'arm64 has no system call open; a newer libseccomp may know it', arm64],
    ['a name that is none', [{ call: 'a b' }], 'the policy names "a b", which is no name of a system call'],
    ['an argument that no call has', when({ arg: 9, op: '==', value: 0 }), argument],
    [
      'an unknown comparison',
      when({ arg: 0, op: '=', value: 0 }),
      'the policy compares an argument of write by "=", which is no comparison',
    ],
    [
      'a negative value',
      when({ arg: 0, op: '==', value: -1 }),
      'the policy compares an argument of write with -1, which is no unsigned 64-bit number',
    ],
    [
      'a rounded value',
      when({ arg: 0, op: '==', value: 2 ** 60 }),
      `the policy compares an argument of write with ${2 ** 60}, which is no unsigned 64-bit number`,
    ],
    [
      'too many ranges',
      when(...wide(0), ...wide(1)),
      "the policy's conditions on write are too many for a filter; use fewer ranges with two ends",
    ],
  ])('for %s', async (_what, policy, sentence, architecture) => {
    expect(await refusalOf(testHost().compile(policy, architecture))).toBe(`ERR_SECCOMP: ${sentence}`);
  });
});
