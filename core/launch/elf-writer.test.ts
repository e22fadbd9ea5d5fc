import { execaSync } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseElf } from './elf.ts';
import { type ElfSegment, writeElf } from './elf-writer.ts';
import { temporaryFile } from './testing/play.ts';

/** Segments one after the other in memory, the first with room for the headers. */
const segments: fc.Arbitrary<readonly ElfSegment[]> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9000 }), fc.nat(3), fc.constantFrom('rx' as const, 'rw' as const)), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => {
    let address = 0x10000;
    return parts.map(([size, gap, flags], index) => {
      const bytes = new Uint8Array(index === 0 ? size + 512 : size).fill(index + 1);
      const segment = { address, bytes, flags };
      address += (Math.ceil(bytes.length / 4096) + gap) * 4096;
      return segment;
    });
  });

test('any segments are read back as they were given, each where a page can be mapped from', () => {
  fc.assert(
    fc.property(segments, (given) => {
      const file = writeElf({ machine: 62, entry: 0x10200, segments: given });
      const { elf } = parseElf((offset, length) => file.subarray(offset, offset + length), file.length, '/written');
      expect(elf).toMatchObject({ type: 2, machine: 62, entry: 0x10200n, interpreter: undefined });
      expect(elf.segments).toEqual(
        given.map(({ address, bytes, flags }) => ({
          address,
          offset: expect.any(Number),
          fileSize: bytes.length,
          memorySize: bytes.length,
          readable: true,
          writable: flags === 'rw',
          executable: flags === 'rx',
        })),
      );
      for (const [index, { offset, fileSize }] of elf.segments.entries()) {
        expect(offset % 4096).toBe(0);
        // The first one has the headers at its start.
        const from = index === 0 ? 512 : 0;
        expect(Buffer.from(file.subarray(offset + from, offset + fileSize)).every((byte) => byte === index + 1)).toBe(true);
      }
    }),
  );
});

test('readelf finds nothing to warn about, and a stack that is not executable', () => {
  const bytes = new Uint8Array(4096);
  const file = writeElf({ machine: 62, entry: 0x400000, segments: [{ address: 0x400000, bytes, flags: 'rx' }] });
  const { stdout, stderr } = execaSync('readelf', [
    '--wide',
    '--file-header',
    '--program-headers',
    temporaryFile('written', file),
  ]);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/Type: +EXEC/);
  expect(stdout).toMatch(/GNU_STACK .* RW +0x/);
});
