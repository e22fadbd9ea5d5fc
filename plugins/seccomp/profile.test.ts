import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { SeccompProfile } from '../../core/plugin.ts';
import { actions } from './seccomp-h.ts';
import { run } from './testing/bpf-machine.ts';
import { AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, refusalOf, testHost } from './testing/host.ts';

const {
  SCMP_ACT_ALLOW,
  SCMP_ACT_ERRNO,
  SCMP_ACT_KILL_PROCESS,
  SCMP_ACT_KILL_THREAD,
  SCMP_ACT_LOG,
  SCMP_ACT_TRACE,
  SCMP_ACT_TRAP,
} = actions;
const EPERM = 1;
const ENOSYS = 38;

/** asm/unistd_64.h */
const nr = { write: 1, socket: 41, clone: 56, kill: 62, ptrace: 101, personality: 135, mount: 165, unshare: 272, clone3: 435 };

/** In the shape of Docker's default profile: a list of allowed calls, some by argument, the rest refused with EPERM. */
const docker = JSON.parse(readFileSync(new URL('testing/docker-profile.json', import.meta.url), 'utf8')) as SeccompProfile;

async function answers(profile: SeccompProfile, allow: readonly string[] = []) {
  const program = await testHost().filter({ kind: 'profile', profile, allow });
  return (call: keyof typeof nr, ...args: (number | bigint)[]) => run(program, { nr: nr[call], arch: AUDIT_ARCH_X86_64, args });
}

describe('a profile', () => {
  test("of Docker's kind does what it says", async () => {
    const answer = await answers(docker);
    expect(answer('write', 1)).toBe(SCMP_ACT_ALLOW);
    expect(answer('mount')).toBe(SCMP_ACT_ERRNO + EPERM);
    expect(answer('clone3')).toBe(SCMP_ACT_ERRNO + ENOSYS);
    expect(answer('ptrace')).toBe(SCMP_ACT_KILL_PROCESS);
    expect(answer('clone', 0x11)).toBe(SCMP_ACT_ALLOW);
    expect(answer('clone', 0x10000000)).toBe(SCMP_ACT_ERRNO + EPERM); // CLONE_NEWUSER, linux/sched.h
    expect(answer('personality', 0xffffffff)).toBe(SCMP_ACT_ALLOW);
    expect(answer('personality', 0x20001)).toBe(SCMP_ACT_ERRNO + EPERM);
    expect(answer('socket', 40)).toBe(SCMP_ACT_ERRNO + EPERM); // AF_VSOCK, bits/socket.h
    expect(answer('socket', 2)).toBe(SCMP_ACT_ALLOW);
    expect(answer('kill', 1, 64)).toBe(SCMP_ACT_ALLOW);
    expect(answer('kill', 1, 65)).toBe(SCMP_ACT_TRAP);
  });

  test('ends a process that calls through another convention, though the profile lists it', async () => {
    const program = await testHost().filter({ kind: 'profile', profile: docker, allow: [] });
    expect(run(program, { nr: 4, arch: AUDIT_ARCH_I386 })).toBe(SCMP_ACT_KILL_PROCESS);
    expect(run(program, { nr: 0x40000001, arch: AUDIT_ARCH_X86_64 })).toBe(SCMP_ACT_KILL_PROCESS);
  });

  test('leaves the launch its calls, whatever it says of them', async () => {
    const answer = await answers(docker, ['ptrace', 'unshare', 'clone', 'write']);
    expect(answer('ptrace')).toBe(SCMP_ACT_ALLOW);
    expect(answer('unshare')).toBe(SCMP_ACT_ALLOW);
    expect(answer('clone', 0x10000000)).toBe(SCMP_ACT_ALLOW);
    expect(answer('mount')).toBe(SCMP_ACT_ERRNO + EPERM);
  });

  test('that allows by default leaves the launch its calls too', async () => {
    const syscalls = [{ names: ['mount', 'unshare'], action: 'SCMP_ACT_ERRNO' }];
    const answer = await answers({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }, ['unshare']);
    expect(answer('mount')).toBe(SCMP_ACT_ERRNO + EPERM);
    expect(answer('unshare')).toBe(SCMP_ACT_ALLOW);
    expect(answer('write')).toBe(SCMP_ACT_ALLOW);
  });

  test('of one default action and nothing else is a filter', async () => {
    expect((await answers({ defaultAction: 'SCMP_ACT_LOG' }))('write')).toBe(SCMP_ACT_LOG);
    expect((await answers({ defaultAction: 'SCMP_ACT_KILL' }))('write')).toBe(SCMP_ACT_KILL_THREAD);
    expect((await answers({ defaultAction: 'SCMP_ACT_TRACE', defaultErrnoRet: 7 }))('write')).toBe(SCMP_ACT_TRACE + 7);
  });

  test('takes two tests of one argument as either, as runc does', async () => {
    const args = [1, 4].map((value) => ({ index: 0, value, op: 'SCMP_CMP_EQ' }));
    const answer = await answers({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['socket'], action: 'SCMP_ACT_ALLOW', args }],
    });
    expect([1, 2, 4].map((domain) => answer('socket', domain) === SCMP_ACT_ALLOW)).toEqual([true, false, true]);
  });

  test('of many calls that this kernel lacks is its default action', async () => {
    const names = ['constructor', '__proto__', ...Array.from({ length: 100 }, (_, index) => `call_of_tomorrow_${index}`)];
    const answer = await answers({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names, action: 'SCMP_ACT_ERRNO' }] });
    expect(answer('write')).toBe(SCMP_ACT_ALLOW);
  });

  test('may come with nulls for what Go leaves out', async () => {
    const syscalls = [{ names: ['write'], action: 'SCMP_ACT_ALLOW', errnoRet: null, args: null }];
    const profile = { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: null, architectures: null, flags: null, syscalls };
    expect((await answers(profile as unknown as SeccompProfile))('write')).toBe(SCMP_ACT_ALLOW);
  });

  test('may carry any flag of the specification', async () => {
    const flags = ['TSYNC', 'LOG', 'SPEC_ALLOW', 'WAIT_KILLABLE_RECV'].map((flag) => `SECCOMP_FILTER_FLAG_${flag}`);
    expect((await answers({ defaultAction: 'SCMP_ACT_ALLOW', flags }))('write')).toBe(SCMP_ACT_ALLOW);
  });
});

describe('a hostile profile is refused in one sentence', () => {
  const entry = (change: object) => ({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [{ names: ['write'], action: 'SCMP_ACT_ALLOW', ...change }],
  });
  const arg = (change: object) => entry({ args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ', ...change }] });
  const listed = (values: Iterable<string>) => [...values].join(', ');
  const knownActions = `use one of ${listed(Object.keys(actions))}`;
  const operators = 'use one of SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ';
  const flags = listed(['TSYNC', 'LOG', 'SPEC_ALLOW', 'WAIT_KILLABLE_RECV'].map((flag) => `SECCOMP_FILTER_FLAG_${flag}`));
  const rule = 'linux.seccomp.syscalls[0]';
  const number = 'but it must be a whole number from 0 to 2^53 - 1';
  test.each<[string, object, string]>([
    ['no default', {}, `linux.seccomp.defaultAction is undefined, which is no action; ${knownActions}`],
    ['an unknown action', entry({ action: 'toString' }), `${rule}.action is "toString", which is no action; ${knownActions}`],
    [
      'an agent',
      entry({ action: 'SCMP_ACT_NOTIFY' }),
      `${rule}.action is SCMP_ACT_NOTIFY, which runnc does not support; a unikernel has no system calls to hand to an agent`,
    ],
    [
      'a misplaced errno',
      entry({ errnoRet: 1 }),
      `${rule}.errnoRet is given, but SCMP_ACT_ALLOW takes none; only SCMP_ACT_ERRNO and SCMP_ACT_TRACE do`,
    ],
    [
      'a huge errno',
      { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 65536 },
      'linux.seccomp.defaultErrnoRet is 65536, but it must lie between 0 and 4095',
    ],
    ['argument 9', arg({ index: 9 }), `${rule}.args[0].index is 9, but a system call has the arguments 0 to 5`],
    [
      'an unknown operator',
      arg({ op: 'SCMP_CMP_ISH' }),
      `${rule}.args[0].op is "SCMP_CMP_ISH", which is no operator; ${operators}`,
    ],
    ['a rounded value', arg({ value: 2 ** 63 }), `${rule}.args[0].value is 9223372036854776000, ${number}`],
    ['a negative mask', arg({ valueTwo: -1 }), `${rule}.args[0].valueTwo is -1, ${number}`],
    ['no names', entry({ names: [] }), `${rule}.names must name at least one system call`],
    ['a name with a NUL', entry({ names: ['write\0x'] }), `${rule}.names has "write\\u0000x", which is no name of a system call`],
    [
      'an endless name',
      entry({ names: ['x'.repeat(1e6)] }),
      `${rule}.names has "${'x'.repeat(59)}..., which is no name of a system call`,
    ],
    [
      'an unknown flag',
      { defaultAction: 'SCMP_ACT_ALLOW', flags: ['NEW'] },
      `linux.seccomp.flags has "NEW", which runnc does not know; it knows ${flags}`,
    ],
    [
      'an unknown processor',
      { defaultAction: 'SCMP_ACT_ALLOW', architectures: ['Z80'] },
      'linux.seccomp.architectures has "Z80", which is no architecture of seccomp.h',
    ],
    [
      'endless rules',
      entry({ names: Array(1e6).fill('read') }),
      'linux.seccomp has more than 4096 rules; a filter has 4096 instructions at most',
    ],
  ])('for %s', async (_what, profile, sentence) => {
    expect(await refusalOf(testHost().filter({ kind: 'profile', profile: profile as SeccompProfile, allow: [] }))).toBe(
      `ERR_SECCOMP: ${sentence}`,
    );
  });

  test.each([
    ['ranges', 'SCMP_CMP_LE'],
    ['values', 'SCMP_CMP_EQ'],
  ])('for too many %s, and soon', { timeout: 20_000 }, async (_what, op) => {
    const args = Array.from({ length: 4000 }, (_, value) => ({ index: 0, value: value * (2 ** 32 + 3), op }));
    const profile = entry({ args }) as SeccompProfile;
    const refusal = await refusalOf(testHost().filter({ kind: 'profile', profile, allow: [] }));
    expect(refusal).toMatch(
      /^ERR_SECCOMP: the seccomp filter has \d+ instructions, and the kernel takes 4096 at most; use fewer rules$/,
    );
  });
});
