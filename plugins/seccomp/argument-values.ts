/**
 * The set of values that one argument may have, as sorted, disjoint intervals of unsigned 64-bit numbers.
 *
 * libseccomp takes one test per argument and rule, so `offset >= 512 and offset <= 4096` cannot be said to it in one
 * rule. Here any number of conditions becomes one set, and the set becomes tests of which one must hold.
 */
import type { Condition } from '../../core/plugin.ts';
import type { ArgumentTest } from './filter-plan.ts';
import { operators } from './seccomp-h.ts';

type Interval = readonly [first: bigint, last: bigint];

const LARGEST = 2n ** 64n - 1n;
const everything: readonly Interval[] = [[0n, LARGEST]];

function valuesOf({ op }: Condition, value: bigint): readonly Interval[] {
  switch (op) {
    case '==':
      return [[value, value]];
    case '!=':
      return proper([0n, value - 1n], [value + 1n, LARGEST]);
    case '<':
      return proper([0n, value - 1n]);
    case '<=':
      return [[0n, value]];
    case '>':
      return proper([value + 1n, LARGEST]);
    case '>=':
      return [[value, LARGEST]];
  }
}

function proper(...intervals: readonly Interval[]): readonly Interval[] {
  return intervals.filter(([first, last]) => first <= last);
}

function intersection(some: readonly Interval[], others: readonly Interval[]): readonly Interval[] {
  return some.flatMap(([a, b]) => proper(...others.map(([c, d]): Interval => [ordered(a, c)[1], ordered(b, d)[0]])));
}

/** Math.min and Math.max know no bigints. */
function ordered(a: bigint, b: bigint): readonly [smaller: bigint, larger: bigint] {
  return a <= b ? [a, b] : [b, a];
}

/** The values for which all conditions hold. */
export function valuesOfAll(conditions: readonly (readonly [Condition, bigint])[]): readonly Interval[] {
  return conditions.reduce((left, [condition, value]) => intersection(left, valuesOf(condition, value)), everything);
}

/** Tests of which at least one holds exactly for these values; `undefined` stands for no test at all. */
export function testsOf(arg: number, values: readonly Interval[]): readonly (ArgumentTest | undefined)[] {
  const gap = onlyGap(values);
  if (gap !== undefined) return [{ arg, op: operators.SCMP_CMP_NE, a: gap, b: 0n }];
  return values.flatMap(([first, last]): readonly (ArgumentTest | undefined)[] => {
    if (first === 0n && last === LARGEST) return [undefined];
    if (first === last) return [{ arg, op: operators.SCMP_CMP_EQ, a: first, b: 0n }];
    if (first === 0n) return [{ arg, op: operators.SCMP_CMP_LE, a: last, b: 0n }];
    if (last === LARGEST) return [{ arg, op: operators.SCMP_CMP_GE, a: first, b: 0n }];
    return blocks(first, last).map(([mask, value]) => ({ arg, op: operators.SCMP_CMP_MASKED_EQ, a: mask, b: value }));
  });
}

/** The one value left out, if it is just one. */
function onlyGap(values: readonly Interval[]): bigint | undefined {
  if (values.length === 1) {
    const [[first, last] = [0n, 0n]] = values;
    if (first === 1n && last === LARGEST) return 0n;
    return first === 0n && last === LARGEST - 1n ? LARGEST : undefined;
  }
  const [low, high] = values;
  if (values.length !== 2 || low === undefined || high === undefined) return undefined;
  return low[0] === 0n && high[1] === LARGEST && high[0] - low[1] === 2n ? low[1] + 1n : undefined;
}

/** An interval as aligned blocks of powers of two, largest possible first: at most 126 of them. */
function blocks(first: bigint, last: bigint): readonly (readonly [mask: bigint, value: bigint])[] {
  const found: [bigint, bigint][] = [];
  for (let start = first; start <= last; ) {
    let size = 1n;
    while (start % (size * 2n) === 0n && start + size * 2n - 1n <= last) size *= 2n;
    found.push([LARGEST - (size - 1n), start]);
    start += size;
  }
  return found;
}
