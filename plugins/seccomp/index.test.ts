import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RunncError } from '../../core/errors.ts';
import type { FilterRequest, Policy } from '../../core/plugin.ts';
import { loadLibrary } from '../../core/sys/library.ts';
import { amd64, arm64, refusalOf, temporaryDirectory, testHost } from './testing/host.ts';

const policy: Policy = [{ call: 'write', when: [{ arg: 0, op: '==', value: 1 }] }, { call: 'exit_group' }];

/** A library that is there, but in which everything fails. */
const broken = async () => ({ function: () => () => null, struct: (name: string) => name });

function onlyFile(directory: string): string {
  const [name = '', ...more] = readdirSync(directory);
  expect(more).toEqual([]);
  return join(directory, name);
}

describe('the plugin', () => {
  test('compiles once, and then needs no library', async () => {
    const host = testHost();
    const first = await host.compile(policy);
    expect(host.loaded).toEqual(['libseccomp.so.2', 'libc.so.6']);
    const later = testHost({ directory: host.directory });
    expect(Buffer.compare(await later.compile(policy), first)).toBe(0);
    expect(later.loaded).toEqual([]);
  });

  test('makes a damaged filter anew', async () => {
    const host = testHost();
    const first = await host.compile(policy);
    const file = onlyFile(host.directory);
    const good = readFileSync(file);
    writeFileSync(file, good.fill(0, 40));
    expect(Buffer.compare(await host.compile(policy), first)).toBe(0);
    expect(readFileSync(file).subarray(32)).toEqual(Buffer.from(first));
  });

  test('keeps filters of different requests and processors apart', async () => {
    const { directory, compile, filter } = testHost();
    await compile(policy, amd64);
    await compile(policy, arm64);
    await compile(policy.slice(1));
    await filter({ kind: 'profile', profile: { defaultAction: 'SCMP_ACT_ALLOW' }, allow: [] });
    expect(readdirSync(directory)).toHaveLength(4);
  });

  test('takes a number and a bigint for the same', async () => {
    const { directory, compile } = testHost();
    await compile([{ call: 'write', when: [{ arg: 0, op: '==', value: 1 }] }]);
    await compile([{ call: 'write', when: [{ arg: 0, op: '==', value: 1n }] }]);
    onlyFile(directory);
  });

  test('may run many times at once in one folder', async () => {
    const { directory } = testHost();
    const programs = await Promise.all(Array.from({ length: 50 }, () => testHost({ directory }).compile(policy)));
    expect(new Set(programs.map((program) => Buffer.from(program).toString('hex'))).size).toBe(1);
    onlyFile(directory);
  });

  test('compiles without a folder to keep filters in, and says so', async () => {
    const directory = join(temporaryDirectory(), 'absent');
    const host = testHost({ directory });
    expect((await host.compile(policy)).length).toBeGreaterThan(0);
    expect(host.warnings).toEqual([expect.stringContaining(`a seccomp filter cannot be kept in ${directory}: ENOENT`)]);
  });

  test('refuses what is neither a policy nor a profile', async () => {
    const refusal = await refusalOf(testHost().filter({ kind: 'song' } as unknown as FilterRequest));
    expect(refusal).toBe('ERR_SECCOMP: a filter was asked for that is neither a policy nor a profile');
  });
});

describe('libseccomp', () => {
  test('that is missing is named, with the package to install', async () => {
    const library = async () => {
      throw new RunncError('ERR_SECCOMP', 'libseccomp.so.2 cannot be loaded', { hint: 'install libseccomp2' });
    };
    const host = testHost({ library });
    expect(await refusalOf(host.compile(policy))).toBe('ERR_SECCOMP: libseccomp.so.2 cannot be loaded; install libseccomp2');
    expect(readdirSync(host.directory)).toEqual([]);
  });

  test('that refuses is reported, and nothing is kept', async () => {
    const host = testHost({ library: broken });
    expect(await refusalOf(host.compile(policy))).toBe(
      'ERR_SECCOMP: libseccomp refuses the default action; the kernel may be older than 4.14',
    );
    expect(readdirSync(host.directory)).toEqual([]);
  });
});

describe('a library of the host', () => {
  test('is loaded once', () => {
    expect(loadLibrary('libc.so.6')).toBe(loadLibrary('libc.so.6'));
  });

  test('that does not exist is refused', async () => {
    expect(await refusalOf(loadLibrary('libabsent.so.9'))).toBe(
      'ERR_PLUGIN: libabsent.so.9 cannot be loaded; install the package that has it',
    );
  });

  test('is never looked for in the working directory', async () => {
    expect(await refusalOf(loadLibrary('lib/libc.so.6'))).toBe(
      "ERR_PLUGIN: lib/libc.so.6 is neither a library's name nor an absolute path",
    );
  });

  test('says which function it lacks', async () => {
    const libc = await loadLibrary('libc.so.6');
    expect(() => libc.function('int absent(int)')).toThrow('libc.so.6 has no function `int absent(int)`');
  });

  test('has one struct of a name', async () => {
    const libc = await loadLibrary('libc.so.6');
    expect(libc.struct('twice', { one: 'int' })).toBe('twice');
    expect(libc.struct('twice', { one: 'int' })).toBe('twice');
    expect(() => libc.struct('twice', { one: 'long' })).toThrow('the struct twice is declared twice, with different fields');
  });
});
