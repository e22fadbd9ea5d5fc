/** System calls on a tape. */

/** A system call on the tape. Made by `TapeTools`, so that arguments are typed and each op has a label. */
export interface Op {
  /** What it does, for the sentence when it fails: `mounting /proc`. */
  readonly label: string;
  readonly call: string;
  readonly args: readonly Argument[];
  /** Where the result goes. */
  readonly store?: Slot | Address;
  /** The result must equal the third argument (a read or write that must be whole). */
  readonly exact?: boolean;
  /** A failure is passed over. */
  readonly optional?: boolean;
  /** With a result other than zero, go on at this mark. */
  readonly branch?: Mark;
  /** This op is where the mark points. */
  readonly mark?: Mark;
}

/** An argument: a number, a NUL-ended string, bytes in the data segment, a stored result, or an address. */
export type Argument = number | bigint | string | Uint8Array | Slot | Mutable | Address | Struct;

/** Eight bytes in which an op's result is kept for later ops. */
export interface Slot {
  readonly kind: 'slot';
  readonly name: string;
}

/** A position on the tape. */
export interface Mark {
  readonly kind: 'mark';
  readonly name: string;
}

/** Writable bytes of the data segment, shared by all ops that name the same object: `bytes` at first, else zeros. */
export interface Mutable {
  readonly kind: 'mutable';
  readonly size: number;
  readonly bytes?: Uint8Array;
}

/**
 * An address known when the tape is laid out: of the signal handler, of the first byte after the launcher's image, of a
 * result; or the number of bytes from the end of the image to the end of user space.
 */
export interface Address {
  readonly kind: 'address';
  readonly of: 'handler' | 'restorer' | 'end' | 'size after end' | Slot | Mutable;
  /** Added to it, in bytes. */
  readonly offset?: number;
}

/** Bytes with addresses written into them, eight bytes each, when the tape is laid out. */
export interface Struct {
  readonly kind: 'struct';
  readonly bytes: Uint8Array;
  readonly pointers: readonly { readonly at: number; readonly to: Argument }[];
}

/** Builders of ops (core/launch/calls.ts). */
export type TapeTools = typeof import('../launch/calls.ts');
