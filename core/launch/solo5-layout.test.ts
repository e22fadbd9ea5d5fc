import { expect, test } from 'vitest';
import type { Elf } from '../plugin.ts';
import { type EncodedElf, encodeElf, solo5Elf } from './elf.fixture.ts';
import { parseElf } from './elf.ts';
import { checkProgramFits, checkSolo5Layout, pagesOf, programEnd } from './solo5-layout.ts';

function elf(change: (program: EncodedElf) => void = () => {}): Elf {
  const program = solo5Elf();
  change(program);
  const bytes = encodeElf(program);
  return parseElf((offset, length) => bytes.subarray(offset, offset + length), bytes.length, '/hello').elf;
}

const set = (change: Partial<EncodedElf>) => (program: EncodedElf) => void Object.assign(program, change);

/** Changes the text (0), data (1) or bss (2) segment. */
const segment = (index: number, change: Partial<EncodedElf['headers'][number]>) => (program: EncodedElf) =>
  void Object.assign(program.headers.filter(({ type }) => type === 1)[index] ?? {}, change);

test('a program as Solo5 links it is accepted', () => {
  expect(() => checkSolo5Layout(elf(), '/hello')).not.toThrow();
});

test('a segment may begin within its page, as it may for Solo5', () => {
  expect(() =>
    checkSolo5Layout(elf(segment(1, { offset: 0x4010, address: 0x103010, fileSize: 0x10, memorySize: 0xff0 })), '/hello'),
  ).not.toThrow();
});

test.each<[string, (program: EncodedElf) => void]>([
  ['it is not linked for fixed addresses (e_type is 3, not 2, ET_EXEC)', set({ type: 3 })],
  [
    'it has nothing to load (no PT_LOAD program header)',
    (program) => set({ headers: program.headers.filter(({ type }) => type !== 1) })(program),
  ],
  ['segment 0 at 0xff000 lies below 0x100000, where Solo5 guests begin', segment(0, { address: 0xff000 })],
  ['segment 1 at 0x102000 begins before the segment in front of it has ended, at 0x103000', segment(1, { address: 0x102000 })],
  ['segment 2 at 0x103ff0 begins before the segment in front of it has ended, at 0x104000', segment(2, { address: 0x103ff0 })],
  [
    'segment 1 at 0x103010 is at 0x4000 in the file, another place in its page',
    segment(1, { address: 0x103010, memorySize: 0x200, alignment: 1 }),
  ],
  ['segment 1 at 0x103000 is both writable and executable', segment(1, { flags: 7 })],
  ['its entry 0x103100 is not inside an executable segment', set({ entry: 0x103100n })],
  ['its entry 0xffffffffffffffff is not inside an executable segment', set({ entry: 2n ** 64n - 1n })],
  ['its entry 0x103000 is not inside an executable segment', set({ entry: 0x103000n })],
])('ERR_ELF: %s', (sentence, change) => {
  expect(() => checkSolo5Layout(elf(change), '/hello')).toThrow(`program "/hello" cannot be loaded: ${sentence}`);
});

test('a legacy image may have a writable and executable segment', () => {
  expect(() => checkSolo5Layout(elf(segment(0, { flags: 7 })), '/hello', { writableExecutable: true })).not.toThrow();
});

test('the program ends with the last page of its bss', () => {
  expect(programEnd(elf())).toBe(0x107000);
  expect(elf().segments.map(pagesOf)).toEqual([
    { start: 0x100000, end: 0x103000 },
    { start: 0x103000, end: 0x104000 },
    { start: 0x104000, end: 0x107000 },
  ]);
});

test('a program that does not fit into memory is refused', () => {
  expect(() => checkProgramFits(elf(), 0x108000, '/hello')).not.toThrow();
  expect(() => checkProgramFits(elf(), 2 ** 20, '/hello')).toThrow(
    'program "/hello" ends at 0x107000 (2 MiB), the guest has only 1 MiB of memory',
  );
});
