/**
 * koffi inside the single executable: the addon is embedded in the executable, copied to a memfd at first use and loaded from
 * there, so that no file is ever unpacked to a folder that somebody else could write.
 */
import { dlopen, FFIType } from 'bun:ffi';
import { closeSync, readFileSync, writeSync } from 'node:fs';

const MFD_CLOEXEC = 1; // linux/memfd.h

type Koffi = typeof import('koffi').default;

/** Loads the addon at `addon`, a path inside the executable. */
export function loadEmbedded(addon: string): Koffi {
  const { symbols } = dlopen('libc.so.6', { memfd_create: { args: [FFIType.cstring, FFIType.u32], returns: FFIType.i32 } });
  const fd = symbols.memfd_create(Buffer.from('koffi\0'), MFD_CLOEXEC);
  if (fd < 0) throw new Error('memfd_create failed: the kernel refused memory for koffi');
  try {
    const bytes = readFileSync(addon);
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    const module = { exports: {} };
    process.dlopen(module, `/proc/self/fd/${fd}`);
    return module.exports as Koffi;
  } finally {
    closeSync(fd);
  }
}
