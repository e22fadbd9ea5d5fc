/** Lays a tape out: ops, the data that they point to, and the player, as one static ELF image of a few KB. */
import { RunncError } from '../errors.ts';
import type { Address, Architecture, Argument, Mutable, Op, Slot, Struct, TapePlan } from '../plugin.ts';
import { putWord } from './calls.ts';
import { DataSegment } from './data-segment.ts';
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
  /** Further bytes that execve maps, at page-aligned addresses. */
  readonly segments?: TapePlan['segments'];
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
    ...segments.map(({ address, bytes, executable }): ElfSegment => ({ address, bytes, flags: executable ? 'rx' : 'rw' })),
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
