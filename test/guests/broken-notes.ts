/** Guests that must be refused for their notes: the ABI that they state, or the manifest of their devices. */
import {
  type HeaderFields,
  noteHeaderSize,
  noteType,
  note as noteWith,
  programHeader,
  read,
  withBytes,
  withHeader,
  withNote,
} from './elf-edit.ts';
import { type EntryBytes, kind, manifestBytes, reservedEntry } from './manifest-bytes.ts';
import type { Variant } from './variant.ts';

const top = 0xffff_ffff_ffff_ffffn;
const accepts = { solo5: 'accepts' } as const;

/** The notes, and the one that says which tender the guest is for. */
export function brokenNotes(good: Buffer): Variant[] {
  const abi = noteWith(good, noteType.abi);
  const manifest = noteWith(good, noteType.manifest);
  const at = read(good, abi, 'offset');
  const number = (name: string, offset: number, value: number, what: string): Variant => {
    const bytes = Buffer.from(good);
    bytes.writeUInt32LE(value, offset);
    return { name, bytes, what };
  };
  const change = (name: string, which: number, fields: HeaderFields, what: string): Variant => ({
    name,
    bytes: withHeader(good, which, fields),
    what,
  });
  const manifestAt = read(good, manifest, 'offset');
  return [
    number('abi-version-99', at + noteHeaderSize + 4, 99, 'of an ABI version that does not exist'),
    number('abi-version-0', at + noteHeaderSize + 4, 0, 'of ABI version 0'),
    number('abi-target-unknown', at + noteHeaderSize, 77, 'for a target that Solo5 does not know'),
    number('abi-target-virtio', at + noteHeaderSize, 3, 'for virtio, for which there is no tender'),
    change('no-abi-note', abi, { type: programHeader.null }, 'has a manifest but no ABI note'),
    {
      name: 'foreign-owner',
      bytes: withBytes(good, at + 12, Buffer.from('Solo6')),
      what: 'its ABI note belongs to somebody else',
    },
    number('abi-owner-size-huge', at, 0xffffffff, 'states an owner of 4 GiB in its ABI note'),
    number('abi-size-huge', at + 4, 0xffffffff, 'states an ABI note of 4 GiB'),
    number('abi-size-zero', at + 4, 0, 'states an empty ABI note'),
    { ...number('abi-size-short', at + 4, 6, 'states an ABI note that ends within the version'), ...accepts },
    change('abi-note-cut', abi, { fileSize: noteHeaderSize + 2 }, 'its ABI note is longer than its program header says'),
    change('note-tiny', abi, { fileSize: 8 }, 'has a note that is shorter than the header of one'),
    change('note-past-end', abi, { offset: 1 << 30 }, 'has a note past the end of the file'),
    change('note-offset-overflow', abi, { offset: top - 7n }, 'has a note whose end overflows 64 bits'),
    change('note-size-overflow', abi, { fileSize: top, offset: 1n << 62n }, 'has a note of nearly 2^64 bytes'),
    number('manifest-size-huge', manifestAt + 4, 0xffffffff, 'states a manifest of 4 GiB'),
    number('manifest-size-one', manifestAt + 4, 1, 'states a manifest of one byte'),
    number('manifest-size-padding', manifestAt + 4, 4, 'states a manifest note that holds but the padding'),
    change('manifest-note-cut', manifest, { fileSize: 60 }, 'its manifest is longer than its program header says'),
  ];
}

/** The manifest. */
export function brokenManifests(good: Buffer): Variant[] {
  const make = (name: string, entries: readonly EntryBytes[], what: string, options = {}): Variant => ({
    name,
    bytes: withNote(good, noteType.manifest, manifestBytes(entries, options)),
    what,
  });
  // Attached or not is what Solo5's tender asks next, so that it refuses these too, for another reason.
  const named = (name: string, device: string, what: string) =>
    make(name, [reservedEntry, { kind: kind.net, name: device }], what);
  const many = Array.from({ length: 64 }, (_, index) => ({ kind: kind.net, name: `net${index}` }));
  return [
    {
      name: 'no-manifest',
      bytes: withHeader(good, noteWith(good, noteType.manifest), { type: programHeader.null }),
      what: 'has no manifest',
    },
    make('manifest-version-0', [reservedEntry], 'its manifest has version 0', { version: 0 }),
    make('manifest-version-2', [reservedEntry], 'its manifest has a version that does not exist', { version: 2 }),
    make('manifest-no-entries', [], 'its manifest has no entries'),
    make('manifest-65-entries', [reservedEntry, ...many], 'its manifest has one entry more than it may'),
    make('manifest-count-high', [reservedEntry], 'its manifest states more entries than it has', { count: 2 }),
    make('manifest-count-low', [reservedEntry, reservedEntry], 'its manifest states fewer entries than it has', { count: 1 }),
    make('manifest-count-huge', [reservedEntry], 'its manifest states 2^32 - 1 entries', { count: 0xffffffff }),
    make('manifest-first-not-reserved', [{ kind: kind.net, name: 'service' }], 'the first entry of its manifest is a device'),
    make('manifest-first-named', [{ kind: kind.reserved, name: 'service' }], 'the reserved entry of its manifest has a name'),
    make('manifest-attached', [{ ...reservedEntry, attached: 1 }], 'its manifest says that a device is attached already'),
    make(
      'manifest-kind-unknown',
      [reservedEntry, { kind: 7, name: 'service' }],
      'its manifest has a device of a kind that does not exist',
    ),
    {
      ...make('manifest-reserved-twice', [reservedEntry, reservedEntry], 'its manifest has a second reserved entry'),
      ...accepts,
    },
    named('device-unterminated', 'a'.repeat(68), 'the name of a device does not end'),
    named('device-nameless', '', 'a device has no name'),
    named('device-with-slash', '../../etc/passwd', 'the name of a device is a path'),
    named('device-with-option', 'a=b --mem', 'the name of a device looks like an option'),
    named('device-with-control', 'a\nb\x1b[2J', 'the name of a device has control characters'),
    named('device-not-ascii', 'd\xfcse', 'the name of a device is not ASCII'),
    make(
      'device-twice',
      [reservedEntry, { kind: kind.net, name: 'service' }, { kind: kind.net, name: 'service' }],
      'two devices have the same name',
    ),
  ];
}
