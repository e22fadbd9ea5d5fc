/**
 * Finds Solo5's notes in an ELF file: which ABI the program speaks, and which devices it declares.
 * Sources: Solo5 include/elf_abi.h, include/mft_abi.h, tenders/common/elf.c (elf_load_note).
 */
import { RunncError } from '../errors.ts';
import type { Manifest, Solo5Notes } from '../plugin.ts';
import type { NoteRange } from './elf.ts';
import type { ReadAt } from './elf-fields.ts';
import { parseManifest } from './manifest.ts';
import { hex, quoted } from './quoted.ts';

const NOTE_HEADER_SIZE = 12; // sizeof(Elf64_Nhdr): n_namesz, n_descsz, n_type
const OWNER = 'Solo5\0';
const ABI1 = 0x31494241; // "ABI1" (elf_abi.h, ABI1_NOTE_TYPE)
const MFT1 = 0x3154464d; // "MFT1" (mft_abi.h, MFT1_NOTE_TYPE)
const ABI1_SIZE = 16; // struct abi1_info: abi_target, abi_version, two reserved
/** The manifest is aligned to 8 after a note header and name of 20 bytes. */
const MFT1_PADDING = 4;

/** Names of `abi_target` (elf_abi.h, enum abi_target), which counts from 1. */
const targets = ['hvt', 'spt', 'virtio', 'muen', 'genode', 'xen'] as const;

/** The name of an ABI's target: `spt`. */
export function solo5Target(target: number): (typeof targets)[number] | undefined {
  return targets[target - 1];
}

/** Solo5's notes among those that `parseElf` found; `path` is for messages. */
export function parseSolo5Notes(read: ReadAt, ranges: readonly NoteRange[], path: string): Solo5Notes {
  let abi: Solo5Notes['abi'];
  let manifest: Manifest | undefined;
  for (const range of ranges) {
    for (const note of notesIn(read(range.offset, range.size), range, path)) {
      if (note.type === ABI1) {
        if (abi) throw twice('ABI', path, note);
        abi = parseAbi(note, path);
      } else if (note.type === MFT1) {
        if (manifest) throw twice('manifest', path, note);
        manifest = parseManifest(note.content.subarray(MFT1_PADDING), path);
      }
    }
  }
  return { abi, manifest };
}

interface Note {
  readonly type: number;
  /** Offset in the file, for messages. */
  readonly at: number;
  readonly content: Uint8Array;
}

/**
 * The notes of owner Solo5. Solo5's own loader sees only the first note of each PT_NOTE, as its linker scripts keep them apart;
 * this one walks on, for programs linked otherwise. Foreign notes are not judged: a walk that gets lost in them just ends.
 */
function* notesIn(bytes: Uint8Array, { offset, alignment }: NoteRange, path: string): Generator<Note> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + NOTE_HEADER_SIZE <= bytes.length; ) {
    const nameSize = view.getUint32(at, true);
    const contentSize = view.getUint32(at + 4, true);
    const type = view.getUint32(at + 8, true);
    const nameEnd = at + NOTE_HEADER_SIZE + nameSize;
    // Solo5 pads the name to 4 even where the note is aligned to 8 (struct solo5_nhdr); sums stay below 2^34.
    const contentStart = align(nameEnd, 4);
    const contentEnd = contentStart + contentSize;
    if (isSolo5(bytes, at + NOTE_HEADER_SIZE, nameEnd)) {
      if (contentEnd > bytes.length) {
        throw new RunncError(
          'ERR_ELF',
          `program ${quoted(path)} is not valid: its Solo5 note at ${hex(offset + at)} has n_descsz ${hex(contentSize)}, past the end of its PT_NOTE`,
          {
            hint: 'copy or build the program again',
          },
        );
      }
      yield { type, at: offset + at, content: bytes.subarray(contentStart, contentEnd) };
    }
    at = align(contentEnd, alignment);
  }
}

function isSolo5(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== OWNER.length || end > bytes.length) return false;
  return Buffer.from(bytes.subarray(start, end)).toString('latin1') === OWNER;
}

function parseAbi({ content, at }: Note, path: string): NonNullable<Solo5Notes['abi']> {
  if (content.length < ABI1_SIZE) {
    throw new RunncError(
      'ERR_ELF',
      `program ${quoted(path)} is not valid: its Solo5 ABI note at ${hex(at)} has ${content.length} bytes, not ${ABI1_SIZE}`,
      {
        hint: 'copy or build the program again',
      },
    );
  }
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  return { target: view.getUint32(0, true), version: view.getUint32(4, true) };
}

function twice(what: string, path: string, { at }: Note): RunncError {
  return new RunncError('ERR_ELF', `program ${quoted(path)} is not valid: it has a second Solo5 ${what} note, at ${hex(at)}`, {
    hint: 'build the program again',
  });
}

function align(value: number, to: 4 | 8): number {
  return Math.ceil(value / to) * to;
}
