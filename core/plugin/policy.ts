/** Which system calls a guest may make. */

/** System calls allowed after the jump; every other one ends the process with SIGSYS. */
export type Policy = readonly Rule[];

export interface Rule {
  readonly call: string;
  /** All conditions must hold. */
  readonly when?: readonly Condition[];
}

export interface Condition {
  /** Argument, 0 to 5. */
  readonly arg: number;
  readonly op: '==' | '!=' | '<' | '<=' | '>' | '>=';
  readonly value: number | bigint;
}

export type FilterRequest =
  | { readonly kind: 'policy'; readonly policy: Policy }
  /** linux.seccomp of config.json; `allow` names calls that the launch itself still has to make beneath it. */
  | { readonly kind: 'profile'; readonly profile: SeccompProfile; readonly allow: readonly string[] };

/** linux.seccomp (runtime-spec, config-linux.md, "Seccomp"). */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  readonly syscalls?: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly errnoRet?: number;
    readonly args?: readonly {
      readonly index: number;
      readonly value: number;
      readonly valueTwo?: number;
      readonly op: string;
    }[];
  }[];
}
