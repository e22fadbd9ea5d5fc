/**
 * The list of allowed devices (runtime-spec, config-linux.md, "Allowed Device list"), with rules in order, later ones stronger, and
 * everything denied at first. Pure: here for the files of cgroup v1; device-program.ts has version 2.
 */
import { RunncError } from '../../errors.ts';
import type { DeviceRule } from '../../oci/resources-types.ts';

/** A rule with every field filled in. */
export interface DeviceMatch {
  readonly allow: boolean;
  /** Both kinds of device: always with all numbers and all access, so that it sets aside all rules before it. */
  readonly type: 'a' | 'b' | 'c';
  /** Undefined is any. */
  readonly major: number | undefined;
  readonly minor: number | undefined;
  readonly access: readonly Access[];
}

export type Access = 'r' | 'w' | 'm';
const allAccess: readonly Access[] = ['r', 'w', 'm'];

/**
 * What each container may use besides the rules of its bundle: making nodes, and the devices that each has by the specification
 * (config-linux.md, "Default Devices"), with pseudo-terminals and /dev/net/tun as runc has them.
 */
export const defaultDevices: readonly DeviceRule[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' }, // null
  { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' }, // zero
  { allow: true, type: 'c', major: 1, minor: 7, access: 'rwm' }, // full
  { allow: true, type: 'c', major: 1, minor: 8, access: 'rwm' }, // random
  { allow: true, type: 'c', major: 1, minor: 9, access: 'rwm' }, // urandom
  { allow: true, type: 'c', major: 5, minor: 0, access: 'rwm' }, // tty
  { allow: true, type: 'c', major: 5, minor: 2, access: 'rwm' }, // ptmx
  { allow: true, type: 'c', major: 136, access: 'rwm' }, // pts/*
  { allow: true, type: 'c', major: 10, minor: 200, access: 'rwm' }, // net/tun
];

/** Checks rules and fills them in. A rule for both kinds that does not cover everything becomes two rules. */
export function completeRules(rules: readonly DeviceRule[]): readonly DeviceMatch[] {
  return rules.flatMap(({ allow, type = 'a', major, minor, access = 'rwm' }): DeviceMatch[] => {
    const letters = allAccess.filter((letter) => access.includes(letter));
    if (!(type === 'a' || type === 'b' || type === 'c') || letters.length === 0 || /[^rwm]/.test(access)) {
      const given = `type ${JSON.stringify(type)} and access ${JSON.stringify(access)}`;
      const hint = 'a type is a, b or c, an access some of r, w and m';
      throw new RunncError('ERR_CGROUP', `device rule with ${given} is not valid`, { hint });
    }
    const match = { allow, major: anyIfNegative(major), minor: anyIfNegative(minor), access: letters };
    const coversAll = match.major === undefined && match.minor === undefined && letters.length === allAccess.length;
    const types: readonly DeviceMatch['type'][] = type !== 'a' || coversAll ? [type] : ['b', 'c'];
    return types.map((type) => ({ ...match, type }));
  });
}

const anyIfNegative = (number: number | undefined) => (number === undefined || number < 0 ? undefined : number);

/**
 * What to write to devices.deny and devices.allow (cgroup-v1/devices.rst). The kernel keeps a default and a set of
 * exceptions, and *quietly ignores* taking a part out of an exception; so the set is computed here, each exception written
 * once, and a hole that the kernel cannot make is an error.
 */
export function deviceWrites(rules: readonly DeviceMatch[]): readonly { readonly file: string; readonly value: string }[] {
  let allowed = false;
  const exceptions = new Map<string, DeviceMatch>();
  for (const rule of rules) {
    if (rule.type === 'a') {
      allowed = rule.allow;
      exceptions.clear();
    } else if (rule.allow === allowed) {
      for (const [numbers, exception] of exceptions) subtract(exceptions, numbers, exception, rule);
    } else {
      const numbers = formatNumbers(rule);
      const before = exceptions.get(numbers)?.access;
      const access = before ? allAccess.filter((letter) => rule.access.includes(letter) || before.includes(letter)) : rule.access;
      exceptions.set(numbers, { ...rule, access });
    }
  }
  const writes = [{ file: allowed ? 'devices.allow' : 'devices.deny', value: 'a' }];
  const file = allowed ? 'devices.deny' : 'devices.allow';
  for (const [numbers, { access }] of exceptions) writes.push({ file, value: `${numbers} ${access.join('')}` });
  return writes;
}

function subtract(exceptions: Map<string, DeviceMatch>, numbers: string, exception: DeviceMatch, rule: DeviceMatch): void {
  const access = exception.access.filter((letter) => !rule.access.includes(letter));
  if (access.length === exception.access.length || !overlaps(rule, exception)) return;
  if (!covers(rule, exception)) {
    const narrow = `${rule.allow ? 'allow' : 'deny'} ${formatNumbers(rule)} ${rule.access.join('')}`;
    const wide = `${numbers} ${exception.access.join('')}`;
    throw new RunncError('ERR_CGROUP', `device rule ${narrow} is an exception to ${wide}, which cgroup v1 cannot express`);
  }
  if (access.length > 0) exceptions.set(numbers, { ...exception, access });
  else exceptions.delete(numbers);
}

const covers = (a: DeviceMatch, b: DeviceMatch) =>
  a.type === b.type && (a.major === undefined || a.major === b.major) && (a.minor === undefined || a.minor === b.minor);

const overlaps = (a: DeviceMatch, b: DeviceMatch) => {
  const meet = (x: number | undefined, y: number | undefined) => x === undefined || y === undefined || x === y;
  return a.type === b.type && meet(a.major, b.major) && meet(a.minor, b.minor);
};

function formatNumbers({ type, major, minor }: DeviceMatch): string {
  return `${type} ${major ?? '*'}:${minor ?? '*'}`;
}
