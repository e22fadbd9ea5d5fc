/** What a filter shall do, as plain data: made from a policy or a profile, compiled by libseccomp. */

/** A comparison of one argument with numbers, as libseccomp has it (struct scmp_arg_cmp). All are unsigned, 64 bits wide. */
export interface ArgumentTest {
  /** 0 to 5. */
  readonly arg: number;
  /** SCMP_CMP_*. */
  readonly op: number;
  /** The value; for SCMP_CMP_MASKED_EQ the mask. */
  readonly a: bigint;
  /** For SCMP_CMP_MASKED_EQ the value. */
  readonly b: bigint;
}

/** What to do with a call whose arguments pass all tests. No two tests are on the same argument: libseccomp refuses that. */
export interface CallRule {
  readonly call: string;
  /** SCMP_ACT_*, with a number in the low 16 bits where the action takes one. */
  readonly action: number;
  readonly tests: readonly ArgumentTest[];
  /** Whether a name that this machine does not know is an error, or skipped. */
  readonly required: boolean;
}

export interface FilterPlan {
  /** SCMP_ACT_* for calls without a rule. */
  readonly defaultAction: number;
  readonly rules: readonly CallRule[];
}

/** What a system call may be called in a request: the names of the kernel's tables, and nothing that could confuse a reader. */
export function isCallName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z_][a-z0-9_]{0,63}$/.test(name);
}
