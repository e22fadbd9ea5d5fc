/** What IncludeOS builds, by what every version since 0.8 prints first, and how it is to be booted. */
import { readSync } from 'node:fs';
import type { Program } from '../../core/plugin.ts';

/** `CAPTION("#include<os> // Literally")` in the kernel's start (IncludeOS src/platform/x86_pc/os.cpp, x86_solo5/os.cpp). */
const caption = Buffer.from('#include<os> // Literally');
/** What the 32-bit loader of 64-bit programs says (IncludeOS src/chainload/service.cpp). */
const loaderCaption = Buffer.from('-bit chainloader found');
/** Such programs have a few MiB. */
const mostRead = 32 * 1024 * 1024;
const chunk = 1024 * 1024;

/** Whether the program is an IncludeOS service, or the loader of one. */
export function isIncludeOs({ fd, size }: Pick<Program, 'fd' | 'size'>): boolean {
  const overlap = caption.length;
  const buffer = Buffer.alloc(chunk + overlap);
  for (let at = 0; at < Math.min(size, mostRead); at += chunk) {
    const length = readSync(fd, buffer, 0, buffer.length, at);
    const part = buffer.subarray(0, length);
    if (part.includes(caption) || part.includes(loaderCaption)) return true;
  }
  return false;
}
