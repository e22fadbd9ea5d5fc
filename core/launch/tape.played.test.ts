/** Tapes as the kernel plays them. */
import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Op } from '../plugin.ts';
import * as tape from './calls.ts';
import { machines, type Played, type PlayOptions, play as playOn } from './testing/play.ts';

const done = (output = ''): Played => ({ ended: 0, output, failure: undefined });
const broken = (failure: string): Played => ({ ended: 127, output: '', failure });
const say = (text: string, options: tape.OpOptions = {}) =>
  tape.write(1, new TextEncoder().encode(text), text.length, { label: `saying ${text}`, ...options });

describe.each(machines)('on $name', (on) => {
  const play = (ops: readonly Op[], options: PlayOptions = {}) => playOn(ops, { ...options, on });

  test('ops are played in their order, and a tape may end in exit', () => {
    expect(play([say('one '), say('two '), tape.exitGroup(42)])).toEqual({ ended: 42, output: 'one two ', failure: undefined });
  });

  test('a result is stored where a later op finds it', () => {
    const fd = tape.slot('fd');
    const copied = tape.mutable(5);
    expect(
      play([
        tape.open('/dev/zero', tape.OPEN.readOnly, { store: fd }),
        tape.readExactly(fd, copied, 5),
        tape.close(fd),
        tape.write(1, tape.addressOf(copied), 5),
        tape.exitGroup(0),
      ]),
    ).toEqual(done('\0\0\0\0\0'));
  });

  test.skipIf(on.emulator !== undefined)(
    'a file may be opened by a path without symlinks only (needs openat2, which qemu lacks)',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'runnc-real-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const real = join(realpathSync(folder), 'real');
      mkdirSync(real);
      writeFileSync(join(real, 'file'), 'content');
      symlinkSync('real', join(real, '../linked'));
      symlinkSync('file', join(real, 'link'));
      const read = (path: string) => {
        const [fd, copied] = [tape.slot('fd'), tape.mutable(7)];
        const opened = tape.openReal(path, tape.OPEN.readOnly, { store: fd });
        return play([opened, tape.readExactly(fd, copied, 7), tape.write(1, tape.addressOf(copied), 7), tape.exitGroup(0)]);
      };
      expect(read(join(real, 'file'))).toEqual(done('content'));
      for (const path of [join(real, 'link'), join(real, '../linked/file')])
        expect(read(path).failure).toMatch(`opening ${path}: ELOOP`);
    },
  );

  test('a result may be stored inside a structure', () => {
    const bytes = tape.mutable(16, tape.words(0x0101010101010101n, 0));
    const { output } = play([
      tape.call('fcntl', [1, 0, 77], { label: 'copying a descriptor', store: tape.addressOf(bytes, 8) }),
      tape.write(1, tape.addressOf(bytes), 16),
      tape.exitGroup(0),
    ]);
    expect([...Buffer.from(output, 'latin1')]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 77, 0, 0, 0, 0, 0, 0, 0]);
  });

  test.each([0, 1, 2, 3, 4, 5])('argument %i may be a result', (position) => {
    // mmap has a use for all six: one of them comes from an op whose result is that number.
    const address = 0x10000000;
    const values = [address, 4096, tape.PROT.read | tape.PROT.execute, tape.MAP.private | tape.MAP.fixed, 8, 4096];
    const result = tape.slot('result');
    const { anonymous, private: own, fixed } = tape.MAP;
    const make =
      position === 0
        ? tape.mmap({ address, size: 4096, protection: 0, flags: own | fixed | anonymous }, { store: result })
        : tape.call('fcntl', [4, 0, values[position] ?? 0], { label: 'copying the file to this number', store: result });
    const played = play([
      tape.open(process.execPath, tape.OPEN.readOnly, { label: 'opening a file as 4' }),
      tape.prlimit(7, 8192n, 8192n, 'RLIMIT_NOFILE'),
      ...(position === 4 ? [] : [tape.call('fcntl', [4, 0, 8], { label: 'the file as 8' })]),
      make,
      tape.call(
        'mmap',
        values.map((value, index) => (index === position ? result : value)),
        { label: 'mapping' },
      ),
      tape.call('write', [1, address, 4096], { label: 'showing what was mapped', exact: true }),
      tape.exitGroup(0),
    ]);
    const page = Buffer.alloc(4096);
    const file = openSync(process.execPath, 'r');
    readSync(file, page, 0, 4096, 4096);
    closeSync(file);
    expect(played).toEqual(done(page.toString('latin1')));
  });

  // qemu's emulator of user mode does not know process_vm_readv.
  test.skipIf(on.emulator)('a structure holds addresses: of strings, of bytes, of results', () => {
    const [first, second] = ['over ', 'there'];
    const vector = tape.struct(tape.words(0, first.length, 0, second.length), [
      { at: 0, to: first },
      { at: 16, to: new TextEncoder().encode(second) },
    ]);
    // process_vm_readv is the one call with vectors that tapes know: it reads from itself.
    const pid = tape.slot('pid');
    const into = tape.mutable(10);
    const local = tape.struct(tape.words(0, 10), [{ at: 0, to: tape.addressOf(into) }]);
    expect(
      play([
        tape.call('getpid', [], { label: 'asking for the process id', store: pid }),
        tape.call('process_vm_readv', [pid, local, 1, vector, 2, 0], { label: 'reading memory' }),
        tape.write(1, tape.addressOf(into), 10),
        tape.exitGroup(0),
      ]),
    ).toEqual(done('over there'));
  });

  test('with a result other than zero the tape goes on at the mark: the parent of a clone', () => {
    const parent = tape.mark('parent');
    expect(
      play([
        tape.clone(tape.SIGCHLD, { branch: parent }),
        say('child '),
        tape.exitGroup(0),
        // The child's end interrupts nothing, so that it is simply given the time to speak first.
        tape.call('ppoll', [0, 0, tape.words(0, 200_000_000), 0, 0], { label: 'waiting', mark: parent }),
        say('parent'),
        tape.exitGroup(0),
      ]),
    ).toEqual(done('child parent'));
  });

  test('a branch may go back, and is not taken with the result zero', () => {
    const again = tape.mark('again');
    // Round once more for each byte that is read.
    const ops = [say('.', { mark: again }), tape.call('read', [0, tape.mutable(1), 1], { label: 'reading', branch: again })];
    expect(play([...ops, tape.exitGroup(0)], { input: 'xxx' })).toEqual(done('....'));
  });

  test('an exact read takes all or ends the tape', () => {
    const bytes = tape.mutable(4);
    const ops = [
      tape.readExactly(0, bytes, 4, { label: 'reading four bytes' }),
      tape.write(1, tape.addressOf(bytes), 4),
      tape.exitGroup(0),
    ];
    expect(play(ops, { input: 'four and more' })).toEqual(done('four'));
    expect(play(ops, { input: 'two' })).toEqual(broken('reading four bytes: ended early'));
    expect(play(ops, { input: '' })).toEqual(broken('reading four bytes: ended early'));
  });

  test('the report of a failed op is its sentence', () => {
    expect(play([say(''), tape.open('/nowhere/at/all', tape.OPEN.readOnly), say('never')])).toEqual(
      broken('opening /nowhere/at/all: ENOENT (no such file or directory)'),
    );
    expect(play([tape.mount('none', '/nowhere', 'nofs', 0, '')], { number: 2 }).failure).toMatch(
      /^mounting nofs on \/nowhere: E(PERM|NOENT)/,
    );
  });

  test('the first op and one far down the tape are told apart', () => {
    const many = Array.from({ length: 1000 }, (_, index) => tape.close(9999, { label: `op ${index}`, optional: index !== 777 }));
    expect(play(many).failure).toBe('op 777: EBADF (bad file descriptor)');
    expect(play([tape.close(9999, { label: 'the first' })]).failure).toBe('the first: EBADF (bad file descriptor)');
  });

  test('an optional failure is passed over, stores nothing and takes no branch', () => {
    const kept = tape.mutable(8, new TextEncoder().encode('kept    '));
    const end = tape.mark('end');
    const options = { label: 'failing', optional: true, store: tape.addressOf(kept), branch: end };
    expect(
      play([
        tape.call('close', [9999], options),
        tape.write(1, tape.addressOf(kept), 8),
        tape.exitGroup(0),
        { ...tape.exitGroup(9), mark: end },
      ]),
    ).toEqual(done('kept    '));
  });

  test('an optional file that is not there is passed over, and nothing is written to or closed in its stead', () => {
    expect(play([...tape.writeFile('/nowhere/at/all', 'value', { optional: true }), say('on'), tape.exitGroup(0)])).toEqual(
      done('on'),
    );
    // Descriptor 0 is still there to be read.
    const byte = tape.mutable(1);
    const ops = [...tape.writeFile('/nowhere', 'value', { optional: true }), tape.readExactly(0, byte, 1), tape.exitGroup(0)];
    expect(play(ops, { input: 'x' })).toEqual(done());
  });
});
