/**
 * Whatever bytes an image brings: reading them gives a result or a RunncError, reads nothing outside of the file, and does not
 * read more than a bounded amount.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunncError } from '../errors.ts';
import { checkMachine, describeProgram } from './describe-program.ts';
import { encodeElf, solo5Elf } from './elf.fixture.ts';
import { parseElf } from './elf.ts';
import { checkProgramFits, checkSolo5Layout, LOWEST_ADDRESS, pagesOf } from './solo5-layout.ts';
import { parseSolo5Notes } from './solo5-notes.ts';

// Header, program headers, interpreter and notes.
const MOST_BYTES = 64 + 64 * 56 + 256 + 65536;

/** Nothing that a terminal or a reader of its lines would take for more than text. */
const printable = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u;

/** Reads a program in every way that we have; true if all of it was accepted. */
function survives(bytes: Uint8Array): boolean {
  let total = 0;
  const read = (offset: number, length: number) => {
    expect(Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0).toBe(true);
    expect(offset + length).toBeLessThanOrEqual(bytes.length);
    total += length;
    return bytes.subarray(offset, offset + length);
  };
  try {
    const { elf, notes } = parseElf(read, bytes.length, '/hello');
    for (const { offset, fileSize, address, memorySize } of elf.segments) {
      expect(offset + fileSize).toBeLessThanOrEqual(bytes.length);
      expect(Number.isSafeInteger(address + memorySize)).toBe(true);
    }
    const solo5 = parseSolo5Notes(read, notes, '/hello');
    expect(describeProgram(elf, solo5, 62)).toMatch(printable);
    checkMachine(elf, solo5, 62, '/hello');
    checkSolo5Layout(elf, '/hello');
    checkProgramFits(elf, 2 ** 29, '/hello');
    // What a tender maps: pages of guest memory, disjoint, none writable and executable.
    let end = LOWEST_ADDRESS;
    for (const segment of elf.segments) {
      const pages = pagesOf(segment);
      expect(pages.start).toBeGreaterThanOrEqual(end);
      expect(segment.writable && segment.executable).toBe(false);
      end = pages.end;
    }
    expect(end).toBeLessThan(2 ** 29);
    return true;
  } catch (error) {
    if (!(error instanceof RunncError)) throw error;
    expect(error.sentence).toMatch(printable);
    return false;
  } finally {
    expect(total).toBeLessThanOrEqual(MOST_BYTES);
  }
}

const valid = encodeElf(
  solo5Elf([
    { name: 'service', kind: 'net' },
    { name: 'storage', kind: 'block' },
  ]),
);

/** Where the bytes lie that are read, so that mutations meet them: ELF header, 7 program headers, interpreter, notes. */
const meaningful = fc.oneof(
  fc.nat(63),
  fc.integer({ min: 64, max: 64 + 7 * 56 - 1 }),
  fc.integer({ min: 0x1000, max: 0x1017 }),
  fc.integer({ min: 0x2000, max: 0x21ff }),
);
const interesting = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(
    ...[
      0n,
      1n,
      7n,
      8n,
      0xfffn,
      0x1000n,
      0x4122n,
      0x4123n,
      0x4124n,
      2n ** 31n,
      2n ** 32n - 1n,
      2n ** 53n - 1n,
      2n ** 53n,
      2n ** 63n,
      2n ** 64n - 1n,
    ],
  ),
);

const flip = fc.record({ at: meaningful, bit: fc.nat(7) }).map(({ at, bit }) => (bytes: Buffer) => {
  bytes.writeUInt8((bytes.readUInt8(at) ^ (1 << bit)) & 0xff, at);
});
const overwrite = fc
  .record({ at: meaningful, value: interesting, width: fc.constantFrom(1, 2, 4, 8) })
  .map(({ at, value, width }) => (bytes: Buffer) => {
    for (let index = 0; index < width; index++) bytes[at + index] = Number((value >> BigInt(index * 8)) & 0xffn);
  });
/** A field of a program header, at its place. */
const field = fc
  .record({ header: fc.nat(6), offset: fc.constantFrom(0, 8, 16, 32, 40, 48), value: interesting })
  .map(({ header, offset, value }) => (bytes: Buffer) => {
    if (offset === 0) bytes.writeUInt32LE(Number(value & 0xffffffffn), 64 + header * 56);
    else bytes.writeBigUInt64LE(value, 64 + header * 56 + offset);
  });
const mutations = fc.array(fc.oneof(flip, overwrite, field), { minLength: 1, maxLength: 6 });

test('any bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => void survives(bytes)));
});

test('any bytes after a valid beginning of an ELF header', () => {
  const beginning = valid.subarray(0, 24);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4096 }), (rest) => void survives(Buffer.concat([beginning, rest]))),
    { numRuns: 500 },
  );
});

test('any few mutations of a valid program', () => {
  fc.assert(
    fc.property(mutations, (all) => {
      const bytes = Buffer.from(valid);
      for (const mutate of all) mutate(bytes);
      survives(bytes);
    }),
    { numRuns: 5000 },
  );
});

test('every bit of header, program headers and notes flipped', () => {
  expect(survives(valid)).toBe(true);
  for (const [start, end] of [
    [0, 64 + 7 * 56],
    [0x1000, 0x1018],
    [0x2000, 0x2000 + 0x200],
  ] as const) {
    for (let at = start; at < end; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = Buffer.from(valid);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        survives(bytes);
      }
    }
  }
});

test('a valid program cut short anywhere is refused', () => {
  fc.assert(
    fc.property(fc.nat(valid.length - 1), (length) => {
      expect(survives(valid.subarray(0, length))).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

test('a table of 64 program headers that all name the same bytes is read in bounded work', () => {
  const program = solo5Elf();
  const note = program.headers.find(({ type }) => type === 4);
  if (note) program.headers = Array.from({ length: 64 }, () => ({ ...note, fileSize: 0x400, alignment: 8 }));
  const bytes = encodeElf({ ...program, contents: program.contents.filter(({ offset }) => offset > 0x1000) });
  survives(bytes);
});
