/** The reader against real guests, and against guests broken on purpose. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { brokenGuests, unusualGuests } from '../../test/guests/broken.ts';
import { buildGuests } from '../../test/guests/build.mjs';
import { RunncError } from '../errors.ts';
import { checkMachine, describeProgram } from './describe-program.ts';
import { parseElf } from './elf.ts';
import { checkProgramFits, checkSolo5Layout } from './solo5-layout.ts';
import { parseSolo5Notes, solo5Target } from './solo5-notes.ts';

const machine = process.arch === 'arm64' ? 183 : 62; // elf.h: EM_AARCH64, EM_X86_64
let guests: string;

beforeAll(async () => {
  guests = await buildGuests();
}, 60_000);

function parse(bytes: Uint8Array) {
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  const { elf, notes } = parseElf(read, bytes.length, '/guest');
  return { elf, solo5: parseSolo5Notes(read, notes, '/guest') };
}

/** Everything that is asked of a guest before the spt tender takes it; the sentence of a refusal, or undefined. */
function refusal(bytes: Uint8Array): string | undefined {
  try {
    const { elf, solo5 } = parse(bytes);
    checkMachine(elf, solo5, machine, '/guest');
    if (!solo5.manifest || !solo5.abi || solo5Target(solo5.abi.target) !== 'spt' || solo5.abi.version !== 2) {
      return `the tender does not know ${describeProgram(elf, solo5)}`;
    }
    checkSolo5Layout(elf, '/guest');
    checkProgramFits(elf, 2 ** 29, '/guest');
    return undefined;
  } catch (error) {
    if (error instanceof RunncError) return error.sentence;
    throw error;
  }
}

test.each(['hello', 'big-memory', 'tls', 'net-device', 'block-device'])('%s.spt is accepted', (name) => {
  expect(refusal(readFileSync(join(guests, `${name}.spt`)))).toBeUndefined();
});

test('notes tell what a guest is for and which devices it has', () => {
  const hvt = parse(readFileSync(join(guests, 'hello.hvt')));
  expect(describeProgram(hvt.elf, hvt.solo5)).toBe('a Solo5 hvt unikernel (ABI version 2)');
  const { solo5 } = parse(readFileSync(join(guests, 'net-device.spt')));
  expect(solo5.manifest?.devices).toEqual([{ name: 'service', kind: 'net', handle: 1 }]);
});

test('an ordinary Linux program is none of ours', () => {
  expect(refusal(readFileSync(join(guests, 'linux')))).toContain('a statically linked ELF program without Solo5 notes');
  expect(refusal(readFileSync(process.execPath))).toContain('a dynamically linked Linux program (interpreter "/lib');
});

test('every broken guest is refused in one line', () => {
  // Solo5's tender rounds to p_align and refuses 0; to ELF 0 means that nothing is asked, and pages are all that we map.
  const harmless = ['align-zero'];
  const accepted = [];
  for (const { name, bytes } of brokenGuests(readFileSync(join(guests, 'hello.spt')))) {
    const sentence = refusal(bytes);
    if (sentence === undefined) accepted.push(name);
    else expect(sentence, name).toMatch(/^[^\p{Cc}]+$/u);
  }
  expect(accepted).toEqual(harmless);
});

test('odd but valid guests are accepted', () => {
  const refused = unusualGuests(readFileSync(join(guests, 'hello.spt'))).map(({ name, bytes }) => [name, refusal(bytes)]);
  expect(refused.filter(([, sentence]) => sentence !== undefined)).toEqual([]);
});
