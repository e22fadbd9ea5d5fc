/** How large the file or block device behind a guest's device is. */
import { lstatSync, readFileSync } from 'node:fs';
import { failure } from './request.ts';

/** Solo5's block size where nothing else is said, and that of /sys/dev/block/N:N/size always. */
export const sectorSize = 512;

/** In bytes; throws for what cannot be a block device, and for symlinks: they were followed before. */
export function blockSizeOf(path: string): { readonly bytes: number; readonly device: boolean } {
  const stat = lstatSync(path);
  if (stat.isBlockDevice()) {
    // As in the kernel's own encoding of st_rdev (linux/kdev_t.h, new_encode_dev).
    const major = (stat.rdev >> 8) & 0xfff;
    const minor = (stat.rdev & 0xff) | ((stat.rdev >>> 12) & 0xfff00);
    return { bytes: Number(readFileSync(`/sys/dev/block/${major}:${minor}/size`, 'latin1')) * sectorSize, device: true };
  }
  if (!stat.isFile()) throw failure(`${path} is neither a file nor a block device`);
  return { bytes: stat.size, device: false };
}
