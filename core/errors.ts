/** The errors of runnc: one class, a closed list of codes, each explained in docs/errors.md. */

/** Every code that an error of runnc can carry. A retired code is never used again. */
export const errorCodes = [
  'ERR_ARGUMENT',
  'ERR_ARCHITECTURE',
  'ERR_BUNDLE',
  'ERR_BUSY',
  'ERR_CGROUP',
  'ERR_COMMAND_LINE',
  'ERR_CONFIG',
  'ERR_CONSOLE',
  'ERR_CONTAINER_EXISTS',
  'ERR_DELEGATE',
  'ERR_DEVICE',
  'ERR_ELF',
  'ERR_HOOK',
  'ERR_ID',
  'ERR_IMAGE',
  'ERR_INTERNAL',
  'ERR_LAUNCH',
  'ERR_LEFT_BEHIND',
  'ERR_MANIFEST',
  'ERR_MEMORY',
  'ERR_METADATA',
  'ERR_NETWORK',
  'ERR_NO_CONTAINER',
  'ERR_NO_PROGRAM',
  'ERR_NO_TENDER',
  'ERR_NOT_A_UNIKERNEL',
  'ERR_PLUGIN',
  'ERR_PROGRAM',
  'ERR_SECCOMP',
  'ERR_STATE',
  'ERR_SYSCALL',
  'ERR_UNSUPPORTED',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDetails {
  /** What the reader can do about it, as a clause that continues the sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * What runnc throws: a stable `code` to search for, a `message` for people (lower case, no full stop, naming the thing),
 * and, where there is one, a `hint` that says what to do.
 */
export class RunncError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, { hint, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RunncError';
    this.code = code;
    this.hint = hint;
  }

  /** The one line that a person reads: the message and, after a semicolon, the hint. */
  get sentence(): string {
    return this.hint === undefined ? this.message : `${this.message}; ${this.hint}`;
  }
}

/** A system call that the kernel refused. `errno` is positive, `name` of it as in errno(3). */
export class SysError extends RunncError {
  readonly call: string;
  readonly errno: number;
  readonly errnoName: string;

  constructor(call: string, errno: number, errnoName: string, what: string, text: string) {
    super('ERR_SYSCALL', `${what}: ${errnoName} (${text})`);
    this.name = 'SysError';
    this.call = call;
    this.errno = errno;
    this.errnoName = errnoName;
  }
}

/** The sentence of any thrown value. */
export function sentenceOf(error: unknown): string {
  if (error instanceof RunncError) return error.sentence;
  return error instanceof Error ? error.message : String(error);
}
