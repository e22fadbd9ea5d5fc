/**
 * Splits the rules of a plan into layers: sets of rules that libseccomp compiles rightly, applied one after the other.
 *
 * libseccomp (seen with 2.5.4, db.c) merges the rules of one call into a decision tree, and goes wrong where rules with ordered
 * comparisons meet: `arg0 <= 1` beside `arg0 > 0xffffffff` lets 2 through, `arg0 <= 511` beside `arg0 <= 0x100000001` stops 512.
 * One rule alone is always right, and so are any number of rules that compare for (masked) equality only.
 * layers.test.ts holds it to both.
 */
import type { CallRule } from './filter-plan.ts';
import { operators } from './seccomp-h.ts';

interface Place {
  readonly layer: number;
  readonly action: number;
  readonly exact: boolean;
}

/** The rules in layers. Of two rules for the same call and arguments, the one listed first is in the same layer or above. */
export function layersOf(rules: readonly CallRule[]): readonly (readonly CallRule[])[] {
  const layers: CallRule[][] = [[]];
  const last = new Map<string, Place>();
  for (const rule of effective(rules)) {
    const exact = rule.tests.every(({ op }) => op === operators.SCMP_CMP_EQ || op === operators.SCMP_CMP_MASKED_EQ);
    const before = last.get(rule.call);
    const joins = before === undefined || (exact && before.exact && before.action === rule.action);
    const layer = joins ? (before?.layer ?? 0) : before.layer + 1;
    const of = layers[layer] ?? [];
    if (of.length === 0) layers[layer] = of;
    of.push(rule);
    last.set(rule.call, { layer, action: rule.action, exact });
  }
  return layers;
}

/** A rule without tests stands for its call alone, wherever it is listed: so libseccomp has it (db_rule_add), and so runc. */
function effective(rules: readonly CallRule[]): readonly CallRule[] {
  const whole = new Map<string, CallRule>();
  for (const rule of rules) if (rule.tests.length === 0 && !whole.has(rule.call)) whole.set(rule.call, rule);
  return rules.filter((rule) => (whole.get(rule.call) ?? rule) === rule);
}
