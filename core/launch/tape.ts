/** Lays a tape out: ops, the data that they point to, and the player, as one static ELF image of a few KB. */
import { RunncError } from '../errors.ts';
import type { Address, Architecture, Argument, Mutable, Op, Slot, Struct } from '../plugin.ts';
import { putWord } from './calls.ts';
import { type ElfSegment, writeElf } from './elf-writer.ts';

const opSize = 64;
const endOfTape = 0xffffffff;
const flag = { exact: 1 << 6, optional: 1 << 7 } as const;
const pageSize = 4096;

/** Which tape a report comes from. */
export type TapeNumber = 1 | 2;

export interface TapeImage {
  /** The ELF file. */
  readonly image: Uint8Array;
  /** What each op does, for the sentence when it fails. */
  readonly labels: readonly string[];
}

export interface TapeOptions {
  readonly architecture: Architecture;
  readonly number: TapeNumber;
  /** Descriptor to which a failed op is reported. */
  readonly reportTo: number;
  readonly ops: readonly Op[];
  /** Where to go at the end; a tape that ends in execve or exit has none. */
  readonly enter?: { readonly entry: bigint; readonly stack: bigint; readonly argument: bigint };
  /** Further bytes that execve maps readable and writable, at page-aligned addresses. */
  readonly segments?: readonly { readonly address: number; readonly bytes: Uint8Array }[];
}

/**
 * Lays out a tape.
 * @throws RunncError ERR_INTERNAL for an unknown system call, a mark that is not on the tape or too many ops.
 */
export function assembleTape({ architecture, number, reportTo, ops, enter, segments = [] }: TapeOptions): TapeImage {
  const { player, launcherBase } = architecture;
  const positions = new Map(ops.flatMap((op, index) => (op.mark ? [[op.mark, index + 1] as const] : [])));
  // The text segment starts with the ELF header; the player follows on the next multiple of 64 bytes.
  const playerOffset = Math.ceil((64 + 56 * (3 + segments.length)) / opSize) * opSize;
  const tapeOffset = playerOffset + player.length;
  const textSize = tapeOffset + opSize * (ops.length + 2);
  if (ops.length > 0xfffe) throw new RunncError('ERR_INTERNAL', `a tape of ${ops.length} ops is too long`);

  const dataAddress = launcherBase + Math.ceil(textSize / pageSize) * pageSize;
  const data = new DataSegment(dataAddress, {
    handler: launcherBase + playerOffset + architecture.handlerOffset,
    restorer: launcherBase + playerOffset + (architecture.restorerOffset ?? 0),
    userSpaceEnd: architecture.userSpaceEnd,
  });
  const record = data.place(undefined, 16);

  const tape = new DataView(new ArrayBuffer(opSize * (ops.length + 2)));
  const put = (at: number, value: number | bigint) => putWord(tape, at, value);
  put(0, reportTo);
  put(8, record);
  put(16, number * 2 ** 32);
  const lateArguments: (() => void)[] = [];
  ops.forEach((op, index) => {
    const at = opSize * (index + 1);
    const systemCall = architecture.numbers[op.call];
    if (systemCall === undefined)
      throw new RunncError('ERR_INTERNAL', `system call ${op.call} is unknown on ${architecture.name}`);
    let flags = (op.exact ? flag.exact : 0) | (op.optional ? flag.optional : 0);
    op.args.forEach((argument, position) => {
      if (isSlot(argument)) flags |= 1 << position;
      if (isAddress(argument) && (argument.of === 'end' || argument.of === 'size after end'))
        lateArguments.push(() => put(at + 8 + position * 8, data.resolve(argument)));
      else put(at + 8 + position * 8, data.resolve(argument));
    });
    tape.setUint32(at, systemCall, true);
    tape.setUint16(at + 4, flags, true);
    tape.setUint16(at + 6, op.branch ? positionOf(op.branch.name, positions.get(op.branch)) : 0, true);
    put(at + 56, op.store ? data.addressOfStore(op.store) : 0);
  });
  data.close();
  for (const late of lateArguments) late();
  const last = opSize * (ops.length + 1);
  tape.setUint32(last, endOfTape, true);
  if (enter) {
    put(last + 8, enter.entry);
    put(last + 16, enter.stack);
    put(last + 24, enter.argument);
  }

  const text = new Uint8Array(textSize);
  text.set(player, playerOffset);
  text.set(new Uint8Array(tape.buffer), tapeOffset);
  const parts: ElfSegment[] = [
    { address: launcherBase, bytes: text, flags: 'rx' },
    { address: dataAddress, bytes: data.bytes(), flags: 'rw' },
    ...segments.map(({ address, bytes }) => ({ address, bytes, flags: 'rw' as const })),
  ];
  return {
    image: writeElf({ machine: architecture.elfMachine, entry: launcherBase + playerOffset, segments: parts }),
    labels: ops.map(({ label }) => label),
  };
}

function positionOf(name: string, position: number | undefined): number {
  if (position === undefined) throw new RunncError('ERR_INTERNAL', `mark ${name} is not on the tape`);
  return position;
}

const isKind = (argument: Argument): argument is Slot | Mutable | Address | Struct =>
  typeof argument === 'object' && !(argument instanceof Uint8Array);
const isSlot = (argument: Argument): argument is Slot => isKind(argument) && argument.kind === 'slot';
const isAddress = (argument: Argument): argument is Address => isKind(argument) && argument.kind === 'address';

interface KnownAddresses {
  readonly handler: number;
  readonly restorer: number;
  readonly userSpaceEnd: number;
}

/** The writable part of the image: strings, structures, and the places for results. Equal strings are kept once. */
class DataSegment {
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
        return this.#object(argument, () => this.place(undefined, 8));
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
