/** A tar archive (POSIX.1-1988 "ustar") of regular files that belong to root; no times, so that the same files make the same bytes. */
import { RunncError } from '../errors.ts';

export interface TarFile {
  /** At most 100 bytes. */
  readonly name: string;
  readonly content: Uint8Array;
  readonly mode?: number;
}

const BLOCK = 512;

export function tar(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap((file) => [header(file), Buffer.from(file.content), Buffer.alloc(padding(file.content.length))]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

/** struct posix_header, tar.h of GNU tar's manual, "Basic Tar Format". */
function header({ name, content, mode = 0o644 }: TarFile): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > 100) throw new RunncError('ERR_ARGUMENT', `the name ${name} is longer than 100 bytes`);
  const octal = (value: number, at: number, size: number) => bytes.write(`${value.toString(8).padStart(size - 1, '0')}\0`, at);
  bytes.write(name, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(content.length, 124, 12);
  octal(0, 136, 12);
  bytes.write('        0', 148);
  bytes.write('ustar\x0000', 257, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
