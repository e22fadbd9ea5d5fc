import { expect, test } from 'vitest';
import { abiNote, encodeManifest, encodeNote, manifestNote } from './elf.fixture.ts';
import { parseSolo5Notes, solo5Target } from './solo5-notes.ts';

/** Reads PT_NOTEs with these contents, laid one after the other into a file. */
function parse(...contents: Uint8Array[]) {
  return parseAligned(4, ...contents);
}

function parseAligned(alignment: 4 | 8, ...contents: Uint8Array[]) {
  const file = Buffer.concat(contents);
  let offset = 0;
  const ranges = contents.map(({ length: size }) => {
    offset += size;
    return { offset: offset - size, size, alignment };
  });
  return parseSolo5Notes((start, length) => file.subarray(start, start + length), ranges, '/hello');
}

const manifest = encodeManifest([{ name: 'service', kind: 'net' }]);

test('a program without notes has neither ABI nor manifest', () => {
  expect(parse()).toEqual({ abi: undefined, manifest: undefined });
});

test('ABI and manifest are found in PT_NOTEs of their own, as Solo5 links them', () => {
  const notes = parse(encodeNote('OpenBSD', 1, Buffer.alloc(4)), abiNote(1, 2), manifestNote(manifest));
  expect(notes.abi).toEqual({ target: 1, version: 2 });
  expect(notes.manifest?.devices).toEqual([{ name: 'service', kind: 'net', handle: 1 }]);
  expect(Buffer.from(notes.manifest?.bytes ?? []).equals(manifest)).toBe(true);
});

test('they are found in one PT_NOTE too, aligned to 4 or to 8', () => {
  const foreign = encodeNote('GNU', 3, Buffer.alloc(20));
  expect(parse(Buffer.concat([foreign, abiNote(2, 2), manifestNote(manifest)]))).toMatchObject({
    abi: { target: 2 },
    manifest: {},
  });
  const padded = Buffer.concat([abiNote(2, 2), Buffer.alloc(4), manifestNote(manifest)]);
  expect(parseAligned(8, padded)).toMatchObject({ abi: { target: 2 }, manifest: {} });
});

test('notes of another owner are not ours, even with our types', () => {
  expect(parse(encodeNote('Solo6', 0x31494241, Buffer.alloc(16)))).toEqual({ abi: undefined, manifest: undefined });
  expect(parse(encodeNote('Solo5x', 0x31494241, Buffer.alloc(16)))).toEqual({ abi: undefined, manifest: undefined });
});

test('a foreign note that is larger than its PT_NOTE ends the walk without an error', () => {
  const broken = encodeNote('GNU', 3, Buffer.alloc(20));
  broken.writeUInt32LE(0xffffffff, 4);
  expect(parse(broken, abiNote(2, 2)).abi).toEqual({ target: 2, version: 2 });
});

test.each([
  [
    'is not valid: its Solo5 note at 0x0 has n_descsz 0xffffffff, past the end of its PT_NOTE',
    [withSize(abiNote(2, 2), 0xffffffff)],
  ],
  ['is not valid: its Solo5 ABI note at 0x0 has 8 bytes, not 16', [withSize(abiNote(2, 2), 8)]],
  ['is not valid: it has a second Solo5 ABI note, at 0x24', [abiNote(2, 2), abiNote(1, 2)]],
  ['is not valid: it has a second Solo5 manifest note, at 0xf0', [manifestNote(manifest), manifestNote(manifest)]],
  ['has a Solo5 manifest that is not valid: it has 0 bytes, less than its header of 8', [withSize(manifestNote(manifest), 0)]],
  ['has a Solo5 manifest that is not valid: it has 196 bytes where 2 entries need 216', [withSize(manifestNote(manifest), 200)]],
])('program "/hello" %s', (sentence, contents) => {
  expect(() => parse(...contents)).toThrow(`program "/hello" ${sentence}`);
});

test('targets have the names of the Solo5 headers', () => {
  expect([0, 1, 2, 6, 7].map(solo5Target)).toEqual([undefined, 'hvt', 'spt', 'xen', undefined]);
});

function withSize(note: Buffer, size: number): Buffer {
  note.writeUInt32LE(size, 4);
  return note;
}
