import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Argument, Op } from '../plugin.ts';
import * as calls from './calls.ts';
import { assembleTape } from './tape.ts';
import { architecture } from './testing/play.ts';
import { readBack } from './testing/read-back.ts';

const page = 4096;
const text = (value: string) => new TextEncoder().encode(value);

const slots = [calls.slot('a'), calls.slot('b')];
const mutables = [calls.mutable(3), calls.mutable(5000), calls.mutable(16, text('at first'))];
const marks = [calls.mark('one'), calls.mark('two')];

const plain: fc.Arbitrary<Argument> = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', '')),
  fc.uint8Array({ minLength: 1 }),
);
const argument: fc.Arbitrary<Argument> = fc.oneof(
  plain,
  fc.constantFrom(...slots),
  fc.constantFrom(...mutables).map((of) => calls.addressOf(of)),
  fc
    .constantFrom('handler' as const, 'restorer' as const, 'end' as const, 'size after end' as const)
    .map((of) => calls.addressOf(of)),
  plain.map((to) => calls.struct(new Uint8Array(24), [{ at: 8, to }])),
);
const op: fc.Arbitrary<Op> = fc
  .record({
    call: fc.constantFrom(...Object.keys(architecture.numbers)),
    args: fc.array(argument, { maxLength: 6 }),
    exact: fc.boolean(),
    optional: fc.boolean(),
    store: fc.option(fc.constantFrom(...slots), { nil: undefined }),
    branch: fc.option(fc.constantFrom(...marks), { nil: undefined }),
  })
  .map(({ store, branch, ...rest }) => ({ label: 'op', ...rest, ...(store ? { store } : {}), ...(branch ? { branch } : {}) }));
/** Both marks are on the tape, on ops of their own. */
const tapes = fc
  .tuple(fc.array(op, { maxLength: 40 }), fc.nat(40), fc.nat(40))
  .map(([ops, first, second]) => [
    ...ops.toSpliced(first, 0, { ...calls.close(1), mark: marks[0] as (typeof marks)[0] }),
    { ...calls.close(second), mark: marks[1] as (typeof marks)[0] },
  ]);

test('any list of ops becomes an ELF file of two segments: code to execute, data to write', () => {
  fc.assert(
    fc.property(tapes, (ops) => {
      const { elf, code, data, further } = readBack(ops);
      expect(elf).toMatchObject({ type: 2, machine: architecture.elfMachine, interpreter: undefined });
      expect(code).toMatchObject({ address: architecture.launcherBase, readable: true, writable: false, executable: true });
      expect(data).toMatchObject({ readable: true, writable: true, executable: false });
      expect(data.address % page).toBe(0);
      expect(data.address).toBeGreaterThanOrEqual(code.address + code.memorySize);
      expect(further).toEqual([]);
    }),
  );
});

test('any op can be read back from the tape as it was given', () => {
  fc.assert(
    fc.property(tapes, (ops) => {
      const { records, at, data, code, elf } = readBack(ops);
      const end = BigInt(Math.ceil((data.address + data.memorySize) / page) * page);
      const handler = elf.entry + BigInt(architecture.handlerOffset);
      const check = (given: Argument | undefined, found: bigint) => {
        if (given === undefined) expect(found).toBe(0n);
        else if (typeof given === 'number' || typeof given === 'bigint') expect(found).toBe(BigInt.asUintN(64, BigInt(given)));
        else if (typeof given === 'string') expect(at(found, text(given).length + 1)).toEqual(Buffer.from(`${given}\0`));
        else if (given instanceof Uint8Array) expect(at(found, given.length)).toEqual(Buffer.from(given));
        else if (given.kind === 'slot') expect(at(found, 8).readBigInt64LE()).toBe(-1n);
        else if (given.kind === 'mutable') at(found, given.size);
        else if (given.kind === 'struct') check(given.pointers[0]?.to, at(found, 24).readBigUInt64LE(8));
        else if (given.of === 'end') expect(found).toBe(end);
        else if (given.of === 'size after end') expect(found + end).toBe(BigInt(architecture.userSpaceEnd));
        else if (given.of === 'handler') expect(found).toBe(handler);
        else if (given.of === 'restorer') expect(found).toBeLessThan(BigInt(code.address + code.memorySize));
        else check(given.of.kind === 'mutable' ? (given.of.bytes ?? given.of) : given.of, found);
      };
      for (const [index, { call, args, exact, optional, store, branch }] of ops.entries()) {
        const record = records[index] as (typeof records)[0];
        expect(record.call).toBe(architecture.numbers[call]);
        const indirect = args.reduce<number>(
          (bits, given, position) => bits | (slots.includes(given as never) ? 1 << position : 0),
          0,
        );
        expect(record.flags).toBe(indirect | (exact ? 64 : 0) | (optional ? 128 : 0));
        record.args.forEach((found, position) => {
          check(args[position], found);
        });
        if (store) check(store, record.store);
        else expect(record.store).toBe(0n);
        expect(record.branch).toBe(branch ? ops.findIndex(({ mark }) => mark === branch) + 1 : 0);
      }
    }),
  );
});

test('equal strings are kept once, and an object has one place wherever it is named', () => {
  const shared = calls.slot('shared');
  const bytes = text('bytes');
  const { records } = readBack([
    calls.call('openat', ['/a/path', '/another', bytes, shared], { label: 'first', store: shared }),
    calls.call('openat', ['/a/path', bytes, bytes, shared], { label: 'second' }),
  ]);
  const [first, second] = records as [(typeof records)[0], (typeof records)[0]];
  expect(second.args[0]).toBe(first.args[0]);
  expect(first.args[1]).not.toBe(first.args[0]);
  expect([second.args[1], second.args[2]]).toEqual([first.args[2], first.args[2]]);
  expect([second.args[3], first.store]).toEqual([first.args[3], first.args[3]]);
});

test('two results of one name are two places', () => {
  const { records } = readBack([calls.close(calls.slot('fd')), calls.close(calls.slot('fd'))]);
  expect(records[0]?.args[0]).not.toBe(records[1]?.args[0]);
});

test('nothing in the data lies over anything else', () => {
  const chunks = [
    text('a'),
    new Uint8Array(17).fill(2),
    'text',
    calls.struct(calls.words(3, 3), []),
    new Uint8Array(0),
    text('z'),
  ];
  const { records, at } = readBack([calls.call('close', chunks.slice(0, 6), { label: 'all' })]);
  const args = records[0]?.args as bigint[];
  expect(String(at(args[0] as bigint, 1))).toBe('a');
  expect(at(args[1] as bigint, 17)).toEqual(Buffer.alloc(17, 2));
  expect(String(at(args[2] as bigint, 5))).toBe('text\0');
  expect(at(args[3] as bigint, 16)).toEqual(Buffer.from(calls.words(3, 3)));
  expect(String(at(args[5] as bigint, 1))).toBe('z');
});

test('the header says where failures are reported to, and the end where to go', () => {
  const enter = { entry: 0x1234n, stack: 0x7ff000n, argument: 2n ** 63n };
  const { header, at } = readBack([calls.close(1)]);
  expect(header).toMatchObject({ reportTo: 5n, number: 2n << 32n });
  at(header.record, 16);
  const { image } = assembleTape({ architecture, number: 1, reportTo: 3, ops: [calls.close(1)], enter });
  const file = Buffer.from(image);
  const end = file.indexOf(Buffer.from(calls.words(0xffffffff, 0x1234, 0x7ff000, 2n ** 63n)));
  expect((end - architecture.player.length) % 64).toBe(0);
});

test('further segments are mapped where they are wanted', () => {
  const segments = [
    { address: 0x10000, bytes: text('low') },
    { address: 0x400000, bytes: new Uint8Array(5000).fill(7) },
  ];
  const { further, file } = readBack([], { segments });
  for (const [index, { address, bytes }] of segments.entries()) {
    const found = further[index] as (typeof further)[0];
    expect(found).toMatchObject({ address, fileSize: bytes.length, memorySize: bytes.length, writable: true, executable: false });
    expect(found.offset % page).toBe(0);
    expect(file.subarray(found.offset, found.offset + found.fileSize)).toEqual(Buffer.from(bytes));
  }
});

test.each([
  ['a system call without a number', [calls.call('vfork', [], { label: 'forking' })], /system call vfork is unknown on/],
  ['a mark that is not on the tape', [calls.close(1, { branch: calls.mark('nowhere') })], /mark nowhere is not on the tape/],
  [
    'an address in a structure that is known too late',
    [
      calls.close(1),
      calls.call('close', [calls.struct(new Uint8Array(8), [{ at: 0, to: calls.addressOf('end') }])], { label: 'end' }),
    ],
    /the end of a tape/,
  ],
  ['more ops than a branch can count', Array.from({ length: 0xffff }, () => calls.close(1)), /a tape of 65535 ops is too long/],
] as const)('%s is refused', (_, ops, message) => {
  expect(() => assembleTape({ architecture, number: 1, reportTo: 3, ops })).toThrow(message);
});
