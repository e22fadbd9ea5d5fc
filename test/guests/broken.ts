/** Guests that must be refused, and odd ones that must not, each made from a good one without devices (`hello`). */
import { brokenFiles, brokenHeaders, brokenSegments } from './broken-layout.ts';
import { brokenManifests, brokenNotes } from './broken-notes.ts';
import {
  noteHeaderSize,
  noteType,
  note as noteWith,
  other,
  programHeader,
  read,
  segment,
  withBytes,
  withHeader,
  withNote,
} from './elf-edit.ts';
import type { Variant } from './variant.ts';

const page = 0x1000;

/** Every broken guest. The file `linux` of the guests' folder is one more: nothing is wrong with it but that it is no guest. */
export function brokenGuests(good: Buffer): Variant[] {
  return [...brokenFiles(good), ...brokenHeaders(good), ...brokenSegments(good), ...brokenNotes(good), ...brokenManifests(good)];
}

/** Odd, but right: real toolchains make these. */
export function unusualGuests(good: Buffer): Variant[] {
  const spare = other(good, programHeader.tls);
  const data = segment(good, 2);
  const nothing = { offset: 0x238, address: 0, fileSize: 0, memorySize: 0, flags: 4, align: page };
  const end = Math.ceil((read(good, data, 'address') + read(good, data, 'memorySize')) / page) * page;
  const manifest = good.subarray(read(good, noteWith(good, noteType.manifest), 'offset') + noteHeaderSize);
  return [
    {
      name: 'empty-segment',
      bytes: withHeader(good, spare, { ...nothing, type: programHeader.load }),
      what: 'has an empty segment at address 0, as those have that Solo5 links',
    },
    {
      name: 'zeroed-segment',
      bytes: withHeader(good, spare, {
        ...nothing,
        type: programHeader.load,
        offset: 0,
        address: end,
        memorySize: 0x58,
        flags: 6,
      }),
      what: 'has a segment of zeros only, as those have that Solo5 links',
    },
    {
      name: 'no-interpreter',
      bytes: withHeader(good, other(good, programHeader.interpreter), { type: programHeader.null }),
      what: 'asks for no interpreter',
    },
    {
      name: 'gnu-stack',
      bytes: withHeader(good, spare, { ...nothing, offset: 0, type: programHeader.gnuStack, flags: 6 }),
      what: 'has a PT_GNU_STACK header',
    },
    {
      name: 'operating-system',
      bytes: withBytes(good, 7, Buffer.from([3, 1])),
      what: 'names an operating system in its header, which compilers do unasked',
    },
    {
      name: 'foreign-note',
      bytes: foreignNote(good, spare),
      what: "has somebody else's note, as those have that Solo5 links (OpenBSD's)",
    },
    {
      name: 'note-outside-segments',
      bytes: withNote(good, noteType.manifest, Buffer.from(manifest.subarray(0, 116))),
      what: 'its manifest lies in no segment',
    },
  ];
}

function foreignNote(good: Buffer, which: number): Buffer {
  const note = Buffer.alloc(24);
  note.writeUInt32LE(8, 0);
  note.writeUInt32LE(4, 4);
  note.writeUInt32LE(1, 8);
  note.write('OpenBSD', 12);
  const fields = { type: programHeader.note, offset: good.length, fileSize: note.length, memorySize: note.length, align: 4 };
  return withHeader(Buffer.concat([good, note]), which, fields);
}
