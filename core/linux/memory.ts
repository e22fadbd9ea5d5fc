/** How much memory a guest gets. */
import { RunncError } from '../errors.ts';

const MiB = 2 ** 20;
const pageSize = 4096;
/** What the kernel charges to the cgroup besides the guest's pages: process, namespaces, filter, descriptors. Measured: about 300 KiB. */
const fixedRoom = MiB / 2;
/** Less than this and not even the smallest guest starts. */
const least = 2 * MiB;

/**
 * Guest memory in bytes: without a limit `preset`, else what the limit leaves after page tables (8 bytes a page, and the
 * upper levels) and what the kernel needs for the process.
 * @throws RunncError ERR_MEMORY
 */
export function guestMemory(preset: number, limit: number | undefined): number {
  const wanted = limit === undefined ? preset : limit - Math.ceil(limit / 504) - fixedRoom;
  const memory = Math.floor(wanted / pageSize) * pageSize;
  if (memory < least) {
    throw new RunncError(
      'ERR_MEMORY',
      `${limit === undefined ? 'the memory setting' : `the memory limit of ${limit} bytes`} leaves the guest ${Math.max(0, memory)} bytes, and ${least} are the least`,
      {
        hint: limit === undefined ? 'raise memory in runnc.config' : 'raise the limit (docker run -m)',
      },
    );
  }
  return memory;
}
