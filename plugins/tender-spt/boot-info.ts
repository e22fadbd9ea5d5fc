/** What an spt guest finds in its memory when it starts (Solo5 include/spt_abi.h, struct spt_boot_info). */

/** Start of guest memory: nothing may be mapped lower (vm.mmap_min_addr). */
export const memoryStart = 0x10000;
/** Address of the boot information; the argument of the guest's entry point. */
export const bootInfoAddress = 0x11000;
const bootInfoSize = 40;

export interface BootInfo {
  /** End of guest memory, which is its size in bytes too. */
  readonly memory: number;
  /** Page-aligned end of the program's last segment. */
  readonly programEnd: number;
  readonly waitSet: number;
  readonly timer: number;
  /** The manifest, filled in. */
  readonly manifest: Uint8Array;
  readonly commandLine: string;
}

/** The bytes from `memoryStart` on: an empty page, then boot information, manifest and command line. */
export function lowMemory({ memory, programEnd, waitSet, timer, manifest, commandLine }: BootInfo): Uint8Array {
  const text = new TextEncoder().encode(`${commandLine}\0`);
  const start = bootInfoAddress - memoryStart;
  const manifestAt = start + bootInfoSize;
  const textAt = manifestAt + Math.ceil(manifest.length / 8) * 8;
  const bytes = new Uint8Array(textAt + text.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(start, BigInt(memory), true);
  view.setBigUint64(start + 8, BigInt(programEnd), true);
  view.setBigUint64(start + 16, BigInt(memoryStart + textAt), true);
  view.setBigUint64(start + 24, BigInt(memoryStart + manifestAt), true);
  view.setInt32(start + 32, waitSet, true);
  view.setInt32(start + 36, timer, true);
  bytes.set(manifest, manifestAt);
  bytes.set(text, textAt);
  return bytes;
}
