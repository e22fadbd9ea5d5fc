/** How this plugin says no: an error with a code and a hint, which the core turns into its own kind. */

/** `message` names the thing in lower case without a full stop; `hint` says what to do about it. */
export function refusal(message: string, hint?: string, cause?: unknown): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  return Object.assign(error, { code: 'ERR_SECCOMP' }, hint === undefined ? undefined : { hint });
}

const LONGEST_QUOTE = 60;

/** Any value for a message: on one line, and no longer than a reader can bear. */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(typeof value === 'object' ? typeof value : value);
  return text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}...`;
}
