/** Reading single fields of a file that may be anything. */
import type { RunncError } from '../errors.ts';
import { hex } from './quoted.ts';

/** Reads exactly `length` bytes at `offset`. Only ever called for bytes inside the file. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

/** Makes the error that says `what` is wrong with the file. */
export type Bad = (what: string, hint?: string) => RunncError;

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit field as a number; what a double cannot hold exactly is refused (user space ends at 2^47). */
export function safe(value: bigint, what: string, bad: Bad): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(`is not valid: ${what} ${hex(value)}, past any file and any user space`);
  return Number(value);
}

/** Bytes up to the first NUL, each one character: never fails, never merges two of them. */
export function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString('latin1');
}
