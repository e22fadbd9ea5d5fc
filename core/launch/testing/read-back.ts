/** Reads a laid-out tape as a program that knows nothing of how it was laid out. */
import { expect } from 'vitest';
import type { Op, Segment } from '../../plugin.ts';
import { parseElf } from '../elf.ts';
import { assembleTape } from '../tape.ts';
import { architecture } from './play.ts';

export function readBack(
  ops: readonly Op[],
  options: { readonly segments?: readonly { address: number; bytes: Uint8Array }[] } = {},
) {
  const { image } = assembleTape({ architecture, number: 2, reportTo: 5, ops, ...options });
  const { elf } = parseElf((offset, length) => image.subarray(offset, offset + length), image.length, '/tape');
  const [code, data, ...further] = elf.segments as readonly [Segment, Segment, ...Segment[]];
  const file = Buffer.from(image);
  const start = Number(elf.entry) - code.address + architecture.player.length;
  const word = (index: number, at: number) => file.readBigUInt64LE(start + index * 64 + at);
  const records = ops.map((_, index) => ({
    call: file.readUInt32LE(start + (index + 1) * 64),
    flags: file.readUInt16LE(start + (index + 1) * 64 + 4),
    branch: file.readUInt16LE(start + (index + 1) * 64 + 6),
    args: [0, 1, 2, 3, 4, 5].map((argument) => word(index + 1, 8 + argument * 8)),
    store: word(index + 1, 56),
  }));
  const at = (address: bigint, size: number) => {
    const offset = Number(address) - data.address;
    expect(offset).toBeGreaterThanOrEqual(0);
    expect(offset + size).toBeLessThanOrEqual(data.memorySize);
    return file.subarray(data.offset + offset, data.offset + offset + size);
  };
  const header = { reportTo: word(0, 0), record: word(0, 8), number: word(0, 16) };
  return { elf, code, data, further, records, at, header, file };
}
