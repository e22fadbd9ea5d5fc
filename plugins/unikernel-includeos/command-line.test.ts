/** Split again as IncludeOS does, in a translation of what its sources do: what comes out is what went in, or it was refused. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkSolo5Length, includeOsCommandLine } from './command-line.ts';

/** Service::start of src/kernel/service_stub.cpp, character by character. */
function split(command: string): string[] {
  const text = [...Buffer.from(`${command}\0`)];
  const words: number[] = [];
  let word = 0;
  let isNew = false;
  for (let at = 0; at < text.length; at++) {
    if ([0x20, 9, 10, 11, 12, 13].includes(text[at] as number)) {
      text[at] = 0;
      isNew = true;
      continue;
    }
    if (isNew || at === text.length - 1) {
      words.push(word);
      word = at;
      if (words.length >= 64) break;
      isNew = false;
    }
  }
  return words.map((start) => Buffer.from(text.slice(start, text.indexOf(0, start))).toString());
}

const arg = fc.string({ unit: fc.constantFrom(...'ab"\\\'=,-ü🙂'.split(/(?:)/u), ' ', '\t', '\n', '\v'), maxLength: 6 });

test('any arguments arrive intact behind the name, or are refused', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 9, arbitrary: arg.filter((text) => /^\S+$/.test(text)) }, arg), { maxLength: 70 }),
      (args) => {
        let line: string;
        try {
          line = includeOsCommandLine(args, '/service');
        } catch (error) {
          expect((error as { code?: string }).code).toBe('ERR_COMMAND_LINE');
          expect(args.length > 63 || args.some((each) => each === '' || /\s/.test(each))).toBe(true);
          return;
        }
        expect(split(line)).toEqual(['/service', ...args]);
        // A boot loader puts its own name in front.
        expect(split(`/unikernel ${includeOsCommandLine(args)}`)).toEqual(['/unikernel', ...args]);
      },
    ),
    { numRuns: 2000 },
  );
});

test('what is refused is quoted', () => {
  expect(() => includeOsCommandLine(['a', 'b c'])).toThrow('IncludeOS cannot be given the argument "b c": it splits at blanks');
  expect(() => checkSolo5Length('x'.repeat(1024))).toThrow('a command line of 1024 bytes: it keeps 1023');
});
