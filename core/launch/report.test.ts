import fc from 'fast-check';
import { expect, test } from 'vitest';
import { words } from './calls.ts';
import { report } from './protocol.ts';
import { decodeReport, failureOf, reportSize } from './report.ts';

const record = (first: bigint | number, second: bigint | number = 0) => Buffer.from(words(first, second));

test('what the tapes themselves say is told by its kind', () => {
  expect(decodeReport(record(report.pid, 4711))).toEqual({ kind: 'pid', pid: 4711 });
  expect(decodeReport(record(report.ready))).toEqual({ kind: 'ready' });
  expect(decodeReport(record(report.started))).toEqual({ kind: 'started' });
});

test('any failure of a player is decoded to its tape, its op and its errno', () => {
  const [tape, op, errno] = [fc.constantFrom(1, 2), fc.integer({ min: 0, max: 0xfffe }), fc.nat(4095)];
  fc.assert(
    fc.property(tape, op, errno, (tape, op, errno) => {
      // The player counts its header as op 0.
      const bytes = record((BigInt(tape) << 32n) | BigInt(op + 1), errno);
      expect(bytes).toHaveLength(reportSize);
      expect(decodeReport(bytes)).toEqual({ kind: 'failed', tape, op, errno });
    }),
  );
});

const failed = (tape: number, op: number, errno: number) =>
  failureOf({ kind: 'failed', tape, op, errno }, { 1: ['first'], 2: ['a', 'b'] });

test('a failure is the label of its op and what the kernel said', () => {
  expect(failed(1, 0, 1).message).toBe('first: EPERM (operation not permitted)');
  expect(failed(2, 1, 13).message).toBe('b: EACCES (permission denied)');
  expect(failed(2, 1, 13).code).toBe('ERR_LAUNCH');
});

test('an exact read that was short says so', () => {
  expect(failed(2, 0, 0).message).toBe('a: ended early');
});

test('want of memory comes with a hint', () => {
  expect(failed(2, 0, 12).sentence).toBe('a: ENOMEM (not enough memory); the machine or the cgroup has too little memory');
});

test('an op without a label is told by its number', () => {
  expect(failed(2, 7, 2).message).toBe('op 7 of tape 2: ENOENT (no such file or directory)');
  expect(failed(9, 7, 2).message).toBe('op 7 of tape 9: ENOENT (no such file or directory)');
});
