/** What an spt guest of 2018 finds in its memory when it starts (Solo5 commit 120848b, kernel/spt, struct spt_boot_info). */
import { bootInfoAddress, memoryStart } from './boot-info.ts';

/** Where the command line is, whatever the boot information says. */
const commandLineAddress = 0x12000;

export interface LegacyDisk {
  readonly fd: number;
  /** In bytes. */
  readonly capacity: number;
  readonly blockSize: number;
}

export interface LegacyNet {
  readonly fd: number;
  /** Six bytes as `02:42:ac:11:00:02`. */
  readonly mac: string;
}

export interface LegacyBootInfo {
  /** End of guest memory, which is its size in bytes too. */
  readonly memory: number;
  /** Page-aligned end of the program's last segment. */
  readonly programEnd: number;
  readonly commandLine: string;
  readonly disk: LegacyDisk | undefined;
  readonly net: LegacyNet | undefined;
}

/** The bytes from `memoryStart` on: an empty page, 72 bytes of boot information, and the command line on a page of its own. */
export function legacyLowMemory({ memory, programEnd, commandLine, disk, net }: LegacyBootInfo): Uint8Array {
  const text = new TextEncoder().encode(`${commandLine}\0`);
  const bytes = new Uint8Array(commandLineAddress - memoryStart + text.length);
  const view = new DataView(bytes.buffer, bootInfoAddress - memoryStart);
  view.setBigUint64(0, BigInt(memory), true);
  view.setBigUint64(8, BigInt(programEnd), true);
  view.setBigUint64(16, BigInt(commandLineAddress), true);
  if (disk) {
    view.setInt32(24, 1, true);
    view.setBigUint64(32, BigInt(disk.capacity), true);
    view.setBigUint64(40, BigInt(disk.blockSize), true);
    view.setInt32(48, disk.fd, true);
  }
  if (net) {
    view.setInt32(56, 1, true);
    for (const [index, byte] of net.mac.split(':').entries()) view.setUint8(60 + index, Number.parseInt(byte, 16));
    view.setInt32(68, net.fd, true);
  }
  bytes.set(text, commandLineAddress - memoryStart);
  return bytes;
}
