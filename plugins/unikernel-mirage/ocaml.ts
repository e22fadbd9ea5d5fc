/** Whether a program is made with OCaml, which on Solo5 means MirageOS: by what its runtime says when an exception gets away. */
import { readSync } from 'node:fs';
import type { Program } from '../../core/plugin.ts';

/** OCaml runtime/printexc.c, default_fatal_uncaught_exception. */
const lastWords = Buffer.from('Fatal error: exception %s');
/** Constants of a large unikernel are a few MiB. */
const mostRead = 32 * 1024 * 1024;
const chunk = 1024 * 1024;

/** Looks through the segments of constants: those that are neither code nor writable. */
export function isOcaml({ fd, elf }: Pick<Program, 'fd' | 'elf'>): boolean {
  const buffer = Buffer.alloc(chunk + lastWords.length);
  return elf.segments
    .filter(({ executable, writable, fileSize }) => !executable && !writable && fileSize > 0)
    .some(({ offset, fileSize }) => {
      const end = offset + Math.min(fileSize, mostRead);
      for (let at = offset; at < end; at += chunk) {
        // A little more than a chunk, so that nothing is missed between two.
        const size = readSync(fd, buffer, 0, Math.min(buffer.length, end - at), at);
        if (buffer.subarray(0, size).includes(lastWords)) return true;
      }
      return false;
    });
}
