/** Opens the program of a container and reads its headers. */
import { closeSync, readSync } from 'node:fs';
import { RunncError } from '../errors.ts';
import type { Program } from '../plugin.ts';
import { parseElf } from './elf.ts';
import type { ReadAt } from './elf-fields.ts';
import { findProgram, type ProgramFile } from './find-program.ts';
import type { ProgramRequest } from './program-candidates.ts';
import { hex, quoted } from './quoted.ts';
import { parseSolo5Notes } from './solo5-notes.ts';

/** Finds, opens and reads the program that args[0] names. The caller closes `fd`. */
export async function openProgram(request: ProgramRequest): Promise<Program> {
  const file = await findProgram(request);
  try {
    return readProgram(file);
  } catch (error) {
    closeSync(file.fd);
    throw error;
  }
}

/** Reads headers and notes of an open file: some hundred bytes, at most 70 KiB. */
export function readProgram({ path, fd, size }: ProgramFile): Program {
  const read = readerOf(fd, path);
  const { elf, notes } = parseElf(read, size, path);
  return { path, fd, size, elf, solo5: parseSolo5Notes(read, notes, path) };
}

function readerOf(fd: number, path: string): ReadAt {
  return (offset, length) => {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const count = readSome(fd, path, bytes.subarray(done), offset + done);
      if (count === 0) {
        throw new RunncError(
          'ERR_ELF',
          `program ${quoted(path)} became shorter while it was read: nothing at ${hex(offset + done)}`,
          {
            hint: 'is it being written? try again',
          },
        );
      }
      done += count;
    }
    return bytes;
  };
}

function readSome(fd: number, path: string, bytes: Uint8Array, offset: number): number {
  try {
    return readSync(fd, bytes, 0, bytes.length, offset);
  } catch (cause) {
    throw new RunncError('ERR_NO_PROGRAM', `program ${quoted(path)} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
