/** What an hvt guest finds in its memory when it starts (Solo5 include/hvt_abi.h, struct hvt_boot_info). */
import { bootInfoAddress, lowStart } from './addresses.ts';
import type { Processor } from './processor.ts';

/** With the fields of 0.11 for ring I/O, which are 0: not offered. */
const bootInfoSize = 56;

export interface BootInfo {
  /** Size of guest memory in bytes. */
  readonly memory: number;
  /** Page-aligned end of the program's last segment. */
  readonly programEnd: number;
  readonly cyclesPerSecond: number;
  readonly writeTables: Processor['writeTables'];
  /** The manifest, filled in. */
  readonly manifest: Uint8Array;
  readonly commandLine: string;
}

/** The bytes from `lowStart` on: tables, then boot information, manifest and command line. */
export function lowMemory(
  putWord: (view: DataView, at: number, value: number) => void,
  { memory, programEnd, cyclesPerSecond, writeTables, manifest, commandLine }: BootInfo,
): Uint8Array {
  const text = new TextEncoder().encode(`${commandLine}\0`);
  const start = bootInfoAddress - lowStart;
  const manifestAt = start + bootInfoSize;
  const textAt = manifestAt + Math.ceil(manifest.length / 8) * 8;
  const bytes = new Uint8Array(textAt + text.length);
  const view = new DataView(bytes.buffer);
  writeTables(view, memory);
  putWord(view, start, memory);
  putWord(view, start + 8, programEnd);
  putWord(view, start + 16, cyclesPerSecond);
  putWord(view, start + 24, lowStart + textAt);
  putWord(view, start + 32, lowStart + manifestAt);
  bytes.set(manifest, manifestAt);
  bytes.set(text, textAt);
  return bytes;
}
