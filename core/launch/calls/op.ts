/** What ops are made of: options, stored results, positions, bytes with addresses in them. */
import type { Address, Argument, Mark, Mutable, Op, Slot, Struct } from '../../plugin.ts';

/** What may be said of any op. */
export interface OpOptions {
  readonly label?: string;
  readonly store?: Slot | Address;
  readonly exact?: boolean;
  readonly optional?: boolean;
  readonly branch?: Mark;
  readonly mark?: Mark;
}

/** A result to be kept for later ops. */
export const slot = (name: string): Slot => ({ kind: 'slot', name });

/** A position on the tape. */
export const mark = (name: string): Mark => ({ kind: 'mark', name });

/** Writable bytes in the launcher's image; `bytes` are there at the start. */
export const mutable = (size: number, bytes?: Uint8Array): Mutable =>
  bytes ? { kind: 'mutable', size, bytes } : { kind: 'mutable', size };

/** An address that is known when the tape is laid out. */
export const addressOf = (of: Address['of'], offset = 0): Address => ({ kind: 'address', of, offset });

/** Bytes with addresses in them. */
export const struct = (bytes: Uint8Array, pointers: Struct['pointers']): Struct => ({ kind: 'struct', bytes, pointers });

/** Little-endian words of 64 bits. */
export function words(...values: readonly (number | bigint)[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    putWord(view, index * 8, value);
  });
  return bytes;
}

/** Writes 64 bits. Numbers go in two halves: BigInt costs milliseconds over a whole tape in an engine that has just started. */
export function putWord(view: DataView, at: number, value: number | bigint): void {
  if (typeof value === 'bigint') {
    view.setBigUint64(at, BigInt.asUintN(64, value), true);
  } else if (value !== 0) {
    view.setUint32(at, value, true);
    view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
  }
}

/** Any system call by its name. */
export function call(name: string, args: readonly Argument[], options: OpOptions & { readonly label: string }): Op {
  return { ...options, call: name, args };
}

/** A builder for one system call, with a label for when none is given. */
export const build =
  (name: string, label: string) =>
  (args: readonly Argument[], options: OpOptions = {}): Op => ({ label, ...options, call: name, args });
