import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandLine, LONGEST_COMMAND_LINE } from './command-line.ts';

test('the arguments are joined by single spaces, without the name of the program', () => {
  expect(commandLine(['/hello', 'a', 'b c', '', 'd'])).toBe('a b c  d');
  expect(commandLine(['/hello'])).toBe('');
  expect(commandLine([])).toBe('');
});

test('JSON as an argument arrives byte for byte', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(commandLine(['/hello', json])).toBe(json);
    }),
  );
});

test('8191 bytes are accepted, 8192 are not, whatever the number of characters', () => {
  expect(commandLine(['/hello', 'x'.repeat(LONGEST_COMMAND_LINE)])).toHaveLength(8191);
  expect(commandLine(['/hello', `x${'é'.repeat(4095)}`])).toHaveLength(4096);
  expect(() => commandLine(['/hello', 'é'.repeat(4096)])).toThrow(
    'the command line has 8192 bytes, a Solo5 guest takes at most 8191',
  );
});

test.each([
  ['the command line has a NUL byte, as character 3', 'ab\0c'],
  ['the command line is not valid Unicode: it has half of a surrogate pair', '\ud800'],
])('ERR_COMMAND_LINE: %s', (sentence, argument) => {
  expect(() => commandLine(['/hello', argument])).toThrow(sentence);
});
