/** From a bundle's linux.seccomp (runtime-spec, config-linux.md, "Seccomp") to a filter plan, in the way of runc. */
import type { SeccompProfile } from '../../core/plugin.ts';
import { type ArgumentTest, type CallRule, type FilterPlan, isCallName } from './filter-plan.ts';
import { checkArchitectures, checkFlags } from './profile-lists.ts';
import { quote, refusal } from './refusal.ts';
import { actions, operators } from './seccomp-h.ts';

const EPERM = 1; // asm-generic/errno-base.h; the specification's default
const MAX_ERRNO = 4095; // linux/err.h; the kernel would cut a larger one down to it
/** Docker's default profile makes about 400. Without a bound a hostile bundle could keep the runtime busy for minutes. */
const MOST_RULES = 4096;

type Entry = NonNullable<SeccompProfile['syscalls']>[number];
type ProfileTest = NonNullable<Entry['args']>[number];

/** `allow` names calls that the launch itself has still to make: they are allowed whatever the profile says. */
export function planOfProfile(profile: SeccompProfile, allow: readonly string[]): FilterPlan {
  const defaultAction = actionOf('defaultAction', profile.defaultAction, 'defaultErrnoRet', profile.defaultErrnoRet);
  checkArchitectures(profile.architectures ?? []);
  checkFlags(profile.flags ?? []);
  const always = new Set(allow);
  const rules: CallRule[] = [];
  for (const [index, entry] of (profile.syscalls ?? []).entries()) {
    for (const rule of rulesOf(`syscalls[${index}]`, entry)) {
      // libseccomp refuses a rule that only repeats the default.
      if (rule.action !== defaultAction && !always.has(rule.call)) rules.push(rule);
      if (rules.length > MOST_RULES)
        throw refusal(`linux.seccomp has more than ${MOST_RULES} rules`, 'a filter has 4096 instructions at most');
    }
  }
  if (defaultAction !== actions.SCMP_ACT_ALLOW) {
    for (const call of always) rules.push({ call, action: actions.SCMP_ACT_ALLOW, tests: [], required: true });
  }
  return { defaultAction, rules };
}

function* rulesOf(path: string, entry: Entry): Generator<CallRule> {
  const { names, args } = entry;
  const action = actionOf(`${path}.action`, entry.action, `${path}.errnoRet`, entry.errnoRet);
  if (!Array.isArray(names) || names.length === 0)
    throw refusal(`linux.seccomp.${path}.names must name at least one system call`);
  const tests = (args ?? []).map((arg, index) => testOf(`${path}.args[${index}]`, arg));
  const repeated = new Set(tests.map(({ arg }) => arg)).size < tests.length;
  // Two tests of one argument mean "either": so runc has it (libcontainer/seccomp, matchCall), and profiles rely on it.
  const alternatives = repeated ? tests.map((test) => [test]) : [tests];
  for (const call of names) {
    if (!isCallName(call)) throw refusal(`linux.seccomp.${path}.names has ${quote(call)}, which is no name of a system call`);
    for (const of of alternatives) yield { call, action, tests: of, required: false };
  }
}

function actionOf(path: string, action: unknown, numberPath: string, number: number | null | undefined): number {
  if (action === 'SCMP_ACT_NOTIFY') {
    throw refusal(
      `linux.seccomp.${path} is SCMP_ACT_NOTIFY, which runnc does not support`,
      'a unikernel has no system calls to hand to an agent',
    );
  }
  if (typeof action !== 'string' || !Object.hasOwn(actions, action)) {
    throw refusal(
      `linux.seccomp.${path} is ${quote(action)}, which is no action`,
      `use one of ${Object.keys(actions).join(', ')}`,
    );
  }
  const value = actions[action as keyof typeof actions];
  const takesNumber = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';
  if (number === undefined || number === null) return takesNumber ? value + EPERM : value;
  if (!takesNumber)
    throw refusal(`linux.seccomp.${numberPath} is given, but ${action} takes none`, 'only SCMP_ACT_ERRNO and SCMP_ACT_TRACE do');
  if (!Number.isInteger(number) || number < 0 || number > MAX_ERRNO) {
    throw refusal(`linux.seccomp.${numberPath} is ${quote(number)}, but it must lie between 0 and ${MAX_ERRNO}`);
  }
  return value + number;
}

function testOf(path: string, { index, op, value, valueTwo }: ProfileTest): ArgumentTest {
  if (!Number.isInteger(index) || index < 0 || index > 5) {
    throw refusal(`linux.seccomp.${path}.index is ${quote(index)}, but a system call has the arguments 0 to 5`);
  }
  if (typeof op !== 'string' || !Object.hasOwn(operators, op)) {
    throw refusal(
      `linux.seccomp.${path}.op is ${quote(op)}, which is no operator`,
      `use one of ${Object.keys(operators).join(', ')}`,
    );
  }
  const a = unsigned(`${path}.value`, value);
  const b = unsigned(`${path}.valueTwo`, valueTwo ?? 0);
  return { arg: index, op: operators[op as keyof typeof operators], a, b };
}

/** JSON.parse rounds numbers above 2^53, and a rounded mask would let through what it should not: those are refused. */
function unsigned(path: string, value: unknown): bigint {
  const number = typeof value === 'bigint' ? value : Number.isSafeInteger(value) ? BigInt(value as number) : -1n;
  if (number < 0n || number !== BigInt.asUintN(64, number)) {
    throw refusal(`linux.seccomp.${path} is ${quote(value)}, but it must be a whole number from 0 to 2^53 - 1`);
  }
  return number;
}
