/** Opens the program of a container and reads its headers. */
import { closeSync, readSync } from 'node:fs';
import { RunncError } from '../errors.ts';
import type { Elf, Program } from '../plugin.ts';
import { type ParsedElf, parseElf } from './elf.ts';
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

/** ET_NONE, EM_NONE (elf.h). */
const noElf: Elf = { type: 0, machine: 0, entry: 0n, interpreter: undefined, segments: [] };

/**
 * Reads headers and notes of an open file: some hundred bytes, at most 70 KiB. What is no ELF64 file at all may still be something
 * that a plugin knows (a Linux kernel, a 32-bit multiboot kernel).
 */
export function readProgram({ path, fd, size }: ProgramFile): Program {
  const read = readerOf(fd, path);
  let parsed: ParsedElf;
  try {
    parsed = parseElf(read, size, path);
  } catch (error) {
    if (!isOfOtherKind(error)) throw error;
    return { path, fd, size, elf: noElf, solo5: { abi: undefined, manifest: undefined } };
  }
  return { path, fd, size, elf: parsed.elf, solo5: parseSolo5Notes(read, parsed.notes, path) };
}

/** Whether it is no ELF64 file: there is nothing in `elf` then. */
export const isForeign = ({ elf }: Pick<Program, 'elf'>): boolean => elf === noElf;

/** @throws RunncError that says what the file is, if it is no ELF64 file; for those that nobody knows */
export function refuseForeign({ path, fd, size, elf }: Program): void {
  if (elf === noElf) parseElf(readerOf(fd, path), size, path);
}

const isOfOtherKind = (error: unknown): boolean =>
  error instanceof RunncError && (error.code === 'ERR_NOT_A_UNIKERNEL' || error.code === 'ERR_ARCHITECTURE');

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
