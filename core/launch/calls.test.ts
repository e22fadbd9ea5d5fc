import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as calls from './calls.ts';
import { architecture, play } from './testing/play.ts';

const view = (bytes: unknown) => Buffer.from(bytes as Uint8Array);

test('a word is 64 bits, little-endian, in two halves as in one', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(view(calls.words(value)).readBigInt64LE()).toBe(BigInt(value));
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (value) => {
      expect(view(calls.words(value)).readBigUInt64LE()).toBe(BigInt.asUintN(64, value));
    }),
  );
  expect(calls.words(1, 2n, -1)).toEqual(new Uint8Array([1, ...Array(7).fill(0), 2, ...Array(7).fill(0), ...Array(8).fill(255)]));
});

test('an event of the wait set is packed on x86_64 and nowhere else', () => {
  const event = (packed: boolean) => calls.epollAdd(3, 4, 0x1122334455667788n, packed).args[3];
  expect(view(event(true)).toString('hex')).toBe('010000008877665544332211');
  expect(view(event(false)).toString('hex')).toBe('01000000000000008877665544332211');
});

test('the wait set gives back the cookie that was registered', () => {
  const cookie = 0xfffffffen;
  const [set, timer] = [calls.slot('set'), calls.slot('timer')];
  const events = calls.mutable(16);
  const arm = calls.words(0, 0, 0, 1_000_000);
  const { output } = play([
    calls.epollCreate({ store: set }),
    calls.timerfdCreate({ store: timer }),
    calls.epollAdd(set, timer, cookie, architecture.packedEvents === true),
    calls.call('timerfd_settime', [timer, 0, arm, 0], { label: 'arming the timer' }),
    calls.call('epoll_pwait', [set, calls.addressOf(events), 1, -1, 0, 8], { label: 'waiting' }),
    calls.write(1, calls.addressOf(events), 16),
    calls.exitGroup(0),
  ]);
  const at = architecture.packedEvents ? 4 : 8;
  expect(Buffer.from(output, 'latin1').readBigUInt64LE(at)).toBe(cookie);
});

const fd = calls.slot('fd');
const everyOp = [
  calls.open('/a', 0),
  calls.openBeneath(fd, 'a', 0),
  calls.close(fd),
  calls.closeRange(1, 2),
  ...calls.moveDescriptor(fd, 9, true),
  calls.readExactly(fd, calls.mutable(1), 1),
  calls.write(fd, 'a', 1),
  ...calls.writeFile('/a', 'b'),
  calls.setns(fd, 0, 'the network namespace'),
  calls.unshare(0),
  calls.clone(0),
  calls.cloneInto(0).clone(),
  calls.exitGroup(0),
  calls.setsid(),
  calls.mount('a', '/b', '', 0, ''),
  calls.umountDetached('/a'),
  calls.pivotRoot('.', '.'),
  calls.chdir('/'),
  calls.chroot('/a'),
  calls.sethostname('a'),
  calls.setdomainname('a'),
  calls.prlimit(0, 0n, 0n, 'RLIMIT_CPU'),
  calls.noNewPrivileges(),
  calls.setName('a'),
  calls.dropBounding(1),
  calls.dropCapabilities(),
  calls.setgroups([1]),
  calls.setgid(1),
  calls.setuid(1),
  calls.ioctl(fd, 0, 0, 'asking'),
  calls.execDescriptor(1, ['a']),
  calls.mmap({ size: 1, protection: 0, flags: 0 }),
  calls.munmap(0, 1),
  calls.mprotect(0, 1, 0),
  calls.noHugePages(0, 1),
  calls.preadExactly(fd, 0, 1, 0),
  calls.handleSignal(1, 0, undefined),
  calls.unblockSignals(),
  calls.installFilter(new Uint8Array(8), 0),
  calls.epollCreate(),
  calls.epollAdd(1, 2, 0n, true),
  calls.timerfdCreate(),
  calls.joinSessionKeyring('a'),
  ...calls.loopbackUp(),
];

test('every op has a label that reads well before the reason of a failure', () => {
  for (const op of everyOp) {
    expect(op.label, op.call).toMatch(/^[a-z][^.]*[a-z0-9/\])]$/i);
    expect(architecture.numbers, op.call).toHaveProperty(op.call);
    expect(op.args.length, op.call).toBeLessThanOrEqual(6);
  }
});

test('names are counted in bytes', () => {
  expect(calls.sethostname('schön').args[1]).toBe(6);
  expect(calls.setdomainname('例').args[1]).toBe(3);
});

test('a group list is 32 bits a group, and an empty one has no address', () => {
  expect(calls.setgroups([1, 65_536]).args).toEqual([2, new Uint8Array([1, 0, 0, 0, 0, 0, 1, 0])]);
  expect(calls.setgroups([]).args).toEqual([0, 0]);
});

test('a descriptor moves to its number', () => {
  const fd = calls.slot('fd');
  const byte = calls.mutable(1);
  const ops = [
    calls.open('/dev/zero', 0, { store: fd }),
    ...calls.moveDescriptor(fd, 50),
    calls.readExactly(50, byte, 1),
    calls.close(fd, { label: 'closing the number it came from' }),
  ];
  expect(play(ops).failure).toBe('closing the number it came from: EBADF (bad file descriptor)');
});

test('what execve starts is the file of the descriptor, with these arguments and no environment', () => {
  const echo = play([calls.open('/bin/echo', 0), calls.execDescriptor(4, ['echo', 'one', 'two words', ''])]);
  expect(echo).toEqual({ ended: 0, output: 'one two words \n', failure: undefined });
  expect(play([calls.open('/usr/bin/env', 0), calls.execDescriptor(4, ['env'])]).output).toBe('');
});

test('limits, name and no_new_privs are those of the process', () => {
  const { output } = play([
    calls.prlimit(7, 33n, 44n, 'RLIMIT_NOFILE'),
    calls.noNewPrivileges(),
    calls.open('/bin/sh', 0),
    calls.execDescriptor(4, ['sh', '-c', 'ulimit -Sn; ulimit -Hn; grep NoNewPrivs /proc/self/status']),
  ]);
  expect(output).toBe('33\n44\nNoNewPrivs:\t1\n');
});

test('signals that were ignored or blocked are as at first', () => {
  const { output } = play([
    calls.handleSignal(13, 0, undefined),
    calls.unblockSignals(),
    calls.open('/bin/grep', 0),
    calls.execDescriptor(4, ['grep', '-E', 'Sig(Blk|Ign)', '/proc/self/status']),
  ]);
  expect(output).toBe('SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
});
