import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { FilterRequest, SeccompProfile } from '../../core/plugin.ts';
import { temporaryDirectory, testHost } from './testing/host.ts';

const hasCompiler = process.arch === 'x64' && spawnSync('gcc', ['--version']).status === 0;
const EBADF = 9;
const ENOSYS = 38;

/** asm/unistd_64.h, and one of asm/unistd_32.h */
const nr = { write: 1, pread64: 17, getpid: 39, exit_group: 231, clone3: 435 };
const EXIT_ON_I386 = 1;

async function installed(request: FilterRequest) {
  const directory = temporaryDirectory();
  const binary = join(directory, 'call-under-filter');
  const source = fileURLToPath(new URL('testing/call-under-filter.c', import.meta.url));
  const built = spawnSync('gcc', ['-O1', '-static', '-o', binary, source], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
  const file = join(directory, 'filter.bpf');
  writeFileSync(file, await testHost().filter(request));
  return (...args: (number | bigint | string)[]) => {
    const { status, signal } = spawnSync(binary, [file, ...args.map(String)]);
    return signal ?? status;
  };
}

describe.skipIf(!hasCompiler)('the kernel (needs gcc on x86_64)', () => {
  test('obeys a policy: the listed calls work, all others end in SIGSYS', async () => {
    const call = await installed({
      kind: 'policy',
      policy: [
        { call: 'exit_group' },
        { call: 'write', when: [{ arg: 0, op: '==', value: 77 }] },
        {
          call: 'pread64',
          when: [
            { arg: 0, op: '==', value: 78 },
            { arg: 3, op: '>=', value: 512 },
            { arg: 3, op: '<=', value: 4096 },
          ],
        },
      ],
    });
    expect(call(nr.write, 77, 0, 0)).toBe(EBADF);
    expect(call(nr.write, 76, 0, 0)).toBe('SIGSYS');
    expect(call(nr.write, 77n + (1n << 32n), 0, 0)).toBe('SIGSYS');
    expect(call(nr.pread64, 78, 0, 512, 512)).toBe(EBADF);
    expect(call(nr.pread64, 78, 0, 512, 4096)).toBe(EBADF);
    expect(call(nr.pread64, 78, 0, 512, 4097)).toBe('SIGSYS');
    expect(call(nr.pread64, 78, 0, 512, 511)).toBe('SIGSYS');
    expect(call(nr.getpid, 0)).toBe('SIGSYS');
    expect(call(0x40000000 + nr.exit_group, 0)).toBe('SIGSYS'); // __X32_SYSCALL_BIT, asm/unistd.h
    expect(call('int80', EXIT_ON_I386)).toBe('SIGSYS');
  });

  test('obeys a profile', async () => {
    const profile: SeccompProfile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
        { names: ['getpid'], action: 'SCMP_ACT_KILL_PROCESS' },
        { names: ['write'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 64, op: 'SCMP_CMP_GT' }] },
      ],
    };
    const call = await installed({ kind: 'profile', profile, allow: [] });
    expect(call(nr.clone3, 0)).toBe(ENOSYS);
    expect(call(nr.getpid, 0)).toBe('SIGSYS');
    expect(call(nr.write, 65, 0, 0)).toBe(1); // EPERM
    expect(call(nr.write, 64, 0, 0)).toBe(EBADF);
    expect(call('int80', EXIT_ON_I386)).toBe('SIGSYS');
  });

  test('takes a filter of several programs joined', async () => {
    const call = await installed({
      kind: 'policy',
      policy: [
        { call: 'exit_group' },
        { call: 'write', when: [{ arg: 0, op: '<=', value: 1 }] },
        { call: 'write', when: [{ arg: 0, op: '>', value: 2 ** 32 - 1 }] },
      ],
    });
    expect(call(nr.write, 1, 0, 0)).toBe(0);
    expect(call(nr.write, 2, 0, 0)).toBe('SIGSYS'); // what libseccomp alone lets through
    expect(call(nr.write, 77n + (1n << 32n), 0, 0)).toBe(EBADF);
  });
});
