/** Sizes of memory as people write them. */
import { RunncError } from '../core/errors.ts';

/** Powers of 1024, as in `docker run --memory`: a `k` is a KiB, and `MB` means MiB. */
const POWERS = ['', 'k', 'm', 'g', 't'];

/** Bytes of `64m`, `64MiB`, `1.5g`, `1048576` or a number of bytes. */
export function parseSize(size: string | number): number {
  const [, digits = '', unit = ''] = /^(\d{1,16}(?:\.\d{1,16})?) ?([kmgt]?)(?:i?b)?$/i.exec(String(size).trim()) ?? [];
  const bytes = Math.floor(Number(digits) * 1024 ** POWERS.indexOf(unit.toLowerCase()));
  if (digits !== '' && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new RunncError('ERR_MEMORY', `${JSON.stringify(size)} is not a size`, {
    hint: 'write a number of bytes, or one with k, m, g or t, such as "64m" or "512MiB"',
  });
}
