/** From a policy (what the guest may still do) to a filter plan: listed calls are allowed, every other one ends the process. */
import type { Condition, Policy } from '../../core/plugin.ts';
import { testsOf, valuesOfAll } from './argument-values.ts';
import { type ArgumentTest, type CallRule, type FilterPlan, isCallName } from './filter-plan.ts';
import { quote, refusal } from './refusal.ts';
import { actions } from './seccomp-h.ts';

/** More alternatives than this would not fit in a program anyway (a test takes three instructions or more, of 4096). */
const MOST_ALTERNATIVES = 1024;

export function planOfPolicy(policy: Policy): FilterPlan {
  const rules: CallRule[] = [];
  for (const { call, when } of policy) {
    if (!isCallName(call)) throw refusal(`the policy names ${quote(call)}, which is no name of a system call`);
    for (const tests of alternativesOf(call, when ?? []))
      rules.push({ call, action: actions.SCMP_ACT_ALLOW, tests, required: true });
  }
  return { defaultAction: actions.SCMP_ACT_KILL_PROCESS, rules };
}

/** All conditions hold exactly when all tests of one alternative do. */
function alternativesOf(call: string, when: readonly Condition[]): readonly (readonly ArgumentTest[])[] {
  const byArgument = new Map<number, (readonly [Condition, bigint])[]>();
  for (const condition of when) {
    const of = byArgument.get(condition.arg) ?? [];
    of.push([condition, checkedValue(call, condition)]);
    byArgument.set(condition.arg, of);
  }
  let alternatives: (readonly ArgumentTest[])[] = [[]];
  for (const [arg, conditions] of byArgument) {
    const tests = testsOf(arg, valuesOfAll(conditions));
    if (alternatives.length * tests.length > MOST_ALTERNATIVES) {
      throw refusal(`the policy's conditions on ${call} are too many for a filter`, 'use fewer ranges with two ends');
    }
    alternatives = alternatives.flatMap((left) => tests.map((test) => (test === undefined ? left : [...left, test])));
  }
  return alternatives;
}

const comparisons: readonly unknown[] = ['==', '!=', '<', '<=', '>', '>='] satisfies readonly Condition['op'][];

function checkedValue(call: string, { arg, op, value }: Condition): bigint {
  if (!Number.isInteger(arg) || arg < 0 || arg > 5) {
    throw refusal(`the policy tests argument ${quote(arg)} of ${call}, but they are numbered 0 to 5`);
  }
  if (!comparisons.includes(op))
    throw refusal(`the policy compares an argument of ${call} by ${quote(op)}, which is no comparison`);
  const number = typeof value === 'bigint' ? value : Number.isSafeInteger(value) ? BigInt(value) : -1n;
  if (number < 0n || number !== BigInt.asUintN(64, number)) {
    throw refusal(`the policy compares an argument of ${call} with ${quote(value)}, which is no unsigned 64-bit number`);
  }
  return number;
}
