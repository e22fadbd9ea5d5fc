import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { signalNumber } from './kill.ts';

test.each(Object.entries(constants.signals))(
  '%s is known in full, in short, in small letters and by its number',
  (name, number) => {
    for (const text of [name, name.slice(3), name.toLowerCase(), name.slice(3).toLowerCase(), String(number)])
      expect(signalNumber(text)).toBe(number);
  },
);

test.each([
  ['0', 0],
  ['64', 64],
  ['RTMIN', 34],
  ['SIGRTMIN+1', 35],
  ['sigrtmax-1', 63],
  ['SIGRTMAX', 64],
])('%s is signal %i', (text, number) => {
  expect(signalNumber(text)).toBe(number);
});

test.each([
  '',
  '65',
  '100',
  '-1',
  '1.5',
  'SIG',
  'NOPE',
  'SIGSIGTERM',
  'RTMIN+31',
  'RTMAX+1',
  'SIGRTMIN-1',
  ' TERM',
  'constructor',
  '__proto__',
])('there is no signal %j', (text) => {
  expect(() => signalNumber(text)).toThrow(
    expect.objectContaining({ code: 'ERR_ARGUMENT', message: `there is no signal ${text}` }),
  );
});
