/** The memory of an spt guest, which lies at the guest's own addresses in the process: its size, and the tape's ops for it. */
import type { Architecture, Host, Launch, Op } from '../../core/plugin.ts';
import { memoryStart } from './boot-info.ts';

const pageSize = 4096;

export interface PlacedProgram {
  /** End of guest memory, which is its size in bytes too: `launch.memory` in whole pages, and no more than there is room for. */
  readonly memory: number;
  /** Page-aligned end of the program's last segment. */
  readonly programEnd: number;
  /** Maps the program, where `mapMemory` has mapped memory. */
  readonly mapping: readonly Op[];
}

/** @throws RunncError ERR_MEMORY when the program and a stack do not fit */
export function placeProgram(
  { mapProgram }: Pick<Host, 'mapProgram'>,
  { launcherBase }: Pick<Architecture, 'launcherBase'>,
  { memory: wanted, program: { elf } }: Pick<Launch, 'memory' | 'program'>,
  fd: number,
): PlacedProgram {
  // The launcher's image is above it, and plays the tape that maps it.
  const memory = Math.min(Math.floor(wanted / pageSize) * pageSize, launcherBase);
  const { ops: mapping, end: programEnd } = mapProgram(elf.segments, { fd, base: 0, executable: true });
  if (programEnd + pageSize > memory) {
    throw Object.assign(
      new Error(
        `the unikernel's program ends at 0x${programEnd.toString(16)} and its memory already at 0x${memory.toString(16)}`,
      ),
      { code: 'ERR_MEMORY', hint: 'give the container more memory' },
    );
  }
  return { memory, programEnd, mapping };
}

export interface MemoryOptions extends Pick<Launch, 'hugePages'> {
  readonly memory: number;
  /** How much of it, from `memoryStart` on, the launcher's image brings along. */
  readonly lowLength: number;
  readonly executable?: boolean;
}

/** Maps zeroed memory behind what the launcher's image brings along. */
export function mapMemory(
  { tape }: Pick<Host, 'tape'>,
  { memory, lowLength, hugePages, executable }: MemoryOptions,
): readonly Op[] {
  const { MAP, mmap, noHugePages, PROT } = tape;
  const address = memoryStart + Math.ceil(lowLength / pageSize) * pageSize;
  const size = memory - address;
  const protection = PROT.read | PROT.write | (executable ? PROT.execute : 0);
  const flags = MAP.private | MAP.anonymous | MAP.fixed | MAP.noReserve;
  return [
    mmap({ address, size, protection, flags }, { label: `mapping ${Math.round(size / 2 ** 20)} MiB of guest memory` }),
    ...(hugePages ? [] : [noHugePages(address, size)]),
  ];
}
