/** The compiled loops: small, and with the parameters where the engine puts them. */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import * as tape from '../../core/launch/calls.ts';
import { canCompileFor, compilerFor } from '../../scripts/compilers.mjs';
import { compileLoop } from '../../scripts/loops.mjs';
import * as legacy from './generated/legacy-loop-x86_64.ts';
import * as aarch64 from './generated/loop-aarch64.ts';
import * as x86_64 from './generated/loop-x86_64.ts';
import { loopParameters } from './loop-parameters.ts';

const folder = path.join(import.meta.dirname, 'loop');

describe.each([
  ['x86_64', 'loop', x86_64],
  ['aarch64', 'loop', aarch64],
  ['x86_64', 'legacy-loop', legacy],
] as const)('of %s, the %s', (architecture, name, { code, faultHandlerOffset }) => {
  const compiler = compilerFor(architecture);

  test.skipIf(!canCompileFor(architecture))(`compiled again is the loop in the package (needs ${compiler})`, () => {
    const { bytes, symbols } = compileLoop({ folder, architecture, compiler, name });
    expect(Buffer.compare(bytes, code)).toBe(0);
    expect(symbols).toMatchObject({ loop: 0, handle_fault: faultHandlerOffset, parameters: code.length });
  });

  test.skipIf(!canCompileFor(architecture))(
    'is smaller than 4 KB, and fits in one page with more devices than anybody has',
    () => {
      expect(code.length).toBeGreaterThan(1000);
      expect(code.length).toBeLessThan(4096 - 48 - 16 * 16);
      expect(code.length % 16).toBe(0);
      expect(faultHandlerOffset).toBeLessThan(code.length);
    },
  );
});

test('parameters are laid out as struct parameters of loop.h', () => {
  const bytes = loopParameters(tape.putWord, {
    memoryBase: 0x100000000000,
    memory: 2 ** 32,
    run: 0x3fffffff4000,
    vcpu: 6,
    waitSet: 7,
    timer: 8,
    ring: 0x3fff3000,
    devices: [
      { kind: 'net', handle: 1, fd: 9, capacity: 0, mac: '02:42:ac:11:00:ff' },
      { kind: 'block', handle: 3, fd: 10, capacity: 0x123456789000, readOnly: true },
    ],
  });
  const view = new DataView(bytes.buffer);
  const word = (at: number) => Number(view.getBigUint64(at, true));
  const half = (at: number) => view.getInt32(at, true);
  expect([word(0), word(8), word(16), word(40)]).toEqual([0x100000000000, 2 ** 32, 0x3fffffff4000, 0x3fff3000]);
  expect([half(24), half(28), half(32), half(36)]).toEqual([6, 7, 8, 4]);
  const device = (handle: number) => [half(48 + handle * 16), half(52 + handle * 16), word(56 + handle * 16)];
  // Entry 0 is reserved and entry 2 is nobody's: no kind of device.
  expect([0, 1, 2, 3].map(device)).toEqual([
    [0, 0, 0],
    [2, 9, 0xff0011ac4202],
    [0, 0, 0],
    [0x10001, 10, 0x123456789000],
  ]);
  expect(bytes.length).toBe(48 + 4 * 16);
});
