/** What an hvt guest finds in its memory when it starts (Solo5 include/hvt_abi.h, struct hvt_boot_info). */
import { bootInfoAddress, lowStart } from './addresses.ts';
import type { GuestFacts } from './guest-abi.ts';

/** With the fields of 0.11 for ring I/O, which older guests do not know. */
const bootInfoSize = 56;
/** Solo5 include/hvt_abi.h, HVT_FEATURE_RING_IO. */
const ringFeature = 1;

/** The bytes from `lowStart` on: tables, then boot information, manifest and command line. */
export function lowMemory(
  putWord: (view: DataView, at: number, value: number) => void,
  { memory, ring, programEnd, cyclesPerSecond, writeTables, manifest, commandLine }: GuestFacts,
): Uint8Array {
  const text = new TextEncoder().encode(`${commandLine}\0`);
  const start = bootInfoAddress - lowStart;
  const manifestAt = start + bootInfoSize;
  const textAt = manifestAt + Math.ceil(manifest.length / 8) * 8;
  const bytes = new Uint8Array(textAt + text.length);
  const view = new DataView(bytes.buffer);
  writeTables(view, memory);
  putWord(view, start, ring === 0 ? memory : ring);
  putWord(view, start + 8, programEnd);
  putWord(view, start + 16, cyclesPerSecond);
  putWord(view, start + 24, lowStart + textAt);
  putWord(view, start + 32, lowStart + manifestAt);
  if (ring !== 0) view.setUint32(start + 40, ringFeature, true);
  putWord(view, start + 48, ring);
  bytes.set(manifest, manifestAt);
  bytes.set(text, textAt);
  return bytes;
}
