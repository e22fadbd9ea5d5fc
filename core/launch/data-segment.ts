/** The writable part of a tape's image: strings, structures, and the places for results. */
import { RunncError } from '../errors.ts';
import type { Address, Argument, Slot, Struct } from '../plugin.ts';
import { putWord, words } from './calls.ts';

const pageSize = 4096;

/** Addresses outside the segment that ops may name. */
interface KnownAddresses {
  readonly handler: number;
  readonly restorer: number;
  readonly userSpaceEnd: number;
}

/** Equal strings are kept once; an object has the same place wherever an op names it. */
export class DataSegment {
  readonly #start: number;
  readonly #known: KnownAddresses;
  readonly #chunks: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  readonly #objects = new Map<object, number>();
  readonly #strings = new Map<string, number>();
  #size = 0;
  #closed = false;

  constructor(start: number, known: KnownAddresses) {
    this.#start = start;
    this.#known = known;
  }

  /** Reserves `size` bytes on a multiple of 16 and returns their address. */
  place(bytes: Uint8Array | undefined, size: number): number {
    if (this.#closed) throw new RunncError('ERR_INTERNAL', 'the data of a tape grew after it was laid out');
    const at = this.#size;
    this.#size += Math.ceil(size / 16) * 16;
    if (bytes) this.#chunks.push({ at, bytes });
    return this.#start + at;
  }

  /** The value of an argument: itself, or the address of what it stands for. */
  resolve(argument: Argument): number | bigint {
    if (typeof argument === 'number' || typeof argument === 'bigint') return argument;
    if (typeof argument === 'string') return this.#string(argument);
    if (argument instanceof Uint8Array) return this.#object(argument, () => this.place(argument, argument.length));
    switch (argument.kind) {
      case 'slot':
        // -1 until there is a result: an optional open that failed must not leave the number of standard input.
        return this.#object(argument, () => this.place(words(-1), 8));
      case 'mutable':
        return this.#object(argument, () => this.place(argument.bytes, argument.size));
      case 'struct':
        return this.#object(argument, () => this.#structure(argument));
      case 'address':
        return this.#address(argument) + (argument.offset ?? 0);
    }
  }

  addressOfStore(store: Slot | Address): number {
    return Number(this.resolve(store));
  }

  close(): void {
    this.#closed = true;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    for (const chunk of this.#chunks) bytes.set(chunk.bytes, chunk.at);
    return bytes;
  }

  #address({ of }: Address): number {
    if (!this.#closed && (of === 'end' || of === 'size after end'))
      throw new RunncError('ERR_INTERNAL', `the ${of} of a tape is known to its ops only, not inside a structure`);
    const end = this.#start + Math.ceil(this.#size / pageSize) * pageSize;
    if (of === 'end') return end;
    if (of === 'size after end') return this.#known.userSpaceEnd - end;
    if (of === 'handler') return this.#known.handler;
    if (of === 'restorer') return this.#known.restorer;
    return Number(this.resolve(of));
  }

  #string(text: string): number {
    let address = this.#strings.get(text);
    if (address === undefined) {
      const bytes = new TextEncoder().encode(`${text}\0`);
      address = this.place(bytes, bytes.length);
      this.#strings.set(text, address);
    }
    return address;
  }

  #object(key: object, make: () => number): number {
    let address = this.#objects.get(key);
    if (address === undefined) {
      address = make();
      this.#objects.set(key, address);
    }
    return address;
  }

  #structure({ bytes, pointers }: Struct): number {
    const copy = Uint8Array.from(bytes);
    const view = new DataView(copy.buffer);
    for (const { at, to } of pointers) putWord(view, at, this.resolve(to));
    return this.place(copy, copy.length);
  }
}
