/** What an hvt guest of 2018 finds in its memory when it starts (Solo5 commit 120848b, include/solo5/hvt_abi.h, struct hvt_boot_info). */
import { bootInfoAddress } from './addresses.ts';
import type { GuestFacts } from './guest-abi.ts';
import { legacyLayout } from './x86_64/layouts.ts';

/** tenders/hvt/hvt_cpu_x86_64.h, X86_CMDLINE_BASE; the boot information tells it too. */
const commandLineAddress = 0x11000;

/** The bytes from `legacyLayout.start` on: tables, 32 bytes of boot information, and the command line on a page of its own. */
export function legacyLowMemory(
  putWord: (view: DataView, at: number, value: number) => void,
  { memory, programEnd, cyclesPerSecond, writeTables, commandLine }: GuestFacts,
): Uint8Array {
  const text = new TextEncoder().encode(`${commandLine}\0`);
  const textAt = commandLineAddress - legacyLayout.start;
  const bytes = new Uint8Array(textAt + text.length);
  const view = new DataView(bytes.buffer);
  writeTables(view, memory);
  [memory, programEnd, commandLineAddress, cyclesPerSecond].forEach((value, index) => {
    putWord(view, bootInfoAddress - legacyLayout.start + index * 8, value);
  });
  bytes.set(text, textAt);
  return bytes;
}
