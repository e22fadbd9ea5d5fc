/** Hostile guests against the run loops, compiled with sanitizers: a million exits each, and loops with a check left out. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { type ArchitectureName, canCompileFor, compilerFor, isInstalled } from '../../scripts/compilers.mjs';

const cases = 1_000_000;
const plugin = import.meta.dirname;
const work = mkdtempSync(path.join(tmpdir(), 'runnc-fuzz-'));
afterAll(() => rmSync(work, { recursive: true }));

const flags = [
  '-std=gnu11',
  '-O1',
  '-g',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=all',
];

const emulator = 'qemu-aarch64-static';

type Abi = 'today' | '2018';

/** Compiles the loop in `folder` with its harness and lets `cases` exits of hostile guests come. */
async function fuzz(folder: string, abi: Abi, seed: number, architecture: ArchitectureName = 'x86_64') {
  const program = path.join(folder, 'fuzz');
  const [loop, harness] = [path.join(folder, 'loop'), path.join(folder, 'testing/fuzz')];
  const places = [harness, path.join(harness, architecture), path.join(loop, architecture), loop];
  const includes = places.map((directory) => `-I${directory}`);
  await execa(compilerFor(architecture), [
    ...flags,
    ...(abi === '2018' ? ['-DLEGACY'] : []),
    ...(architecture === 'aarch64' ? ['-static-libasan', '-static-libubsan'] : []),
    ...includes,
    '-o',
    program,
    path.join(harness, 'fuzz.c'),
  ]);
  const words = [program, String(cases), String(seed)];
  const [command = '', ...rest] = architecture === 'aarch64' ? [emulator, '-L', '/usr/aarch64-linux-gnu', ...words] : words;
  // Looking for leaks needs ptrace, which the emulator has not; the loop has no heap.
  return execa(command, rest, { reject: false, all: true, env: { ASAN_OPTIONS: 'detect_leaks=0' } });
}

function copy(name: string): string {
  const folder = path.join(work, name);
  cpSync(path.join(plugin, 'loop'), path.join(folder, 'loop'), { recursive: true });
  cpSync(path.join(plugin, 'testing'), path.join(folder, 'testing'), { recursive: true });
  return folder;
}

test.each<[Abi, RegExp]>([
  ['today', /^1000000 cases; ended: fault \d{4,}, forbidden \d{6,}, kvm \d{4,}; ring served \d{4,}$/],
  ['2018', /^1000000 cases; ended: fault \d{4,}, forbidden \d{6,}, kvm \d{4,}; ring served 0$/],
])('a million exits of hostile guests of %s touch nothing but guest memory', { timeout: 120_000 }, async (abi, summary) => {
  const seed = Date.now() % 2 ** 31;
  const { all, exitCode } = await fuzz(copy(abi), abi, seed);
  // The kernel's own failures, hypercalls that were refused, and guests that crashed all came about in their thousands.
  expect(all, `seed ${seed}`).toMatch(summary);
  expect(exitCode).toBe(0);
});

test.skipIf(process.arch !== 'x64' || !canCompileFor('aarch64') || !isInstalled(emulator))(
  `a million exits on aarch64 (needs ${compilerFor('aarch64')} and ${emulator})`,
  { timeout: 240_000 },
  async () => {
    const seed = Date.now() % 2 ** 31;
    const { all, exitCode } = await fuzz(copy('aarch64'), 'today', seed, 'aarch64');
    expect(all, `seed ${seed}`).toMatch(/^1000000 cases; ended: fault \d{4,}, forbidden \d{6,}, kvm \d{4,}; ring served \d{4,}$/);
    expect(exitCode).toBe(0);
  },
);

test.each<[string, Abi, string, string, string]>([
  [
    'an overflow of address and length',
    'today',
    'calls.c',
    'length > p->memory_size - address',
    'address + length > p->memory_size',
  ],
  ['that in the loop of 2018', '2018', 'calls.c', 'length > p->memory_size - address', 'address + length > p->memory_size'],
  ['a handle one past the last', 'today', 'calls.c', 'handle >= p->device_count', 'handle > p->device_count'],
  ['a ring with more entries than there are', 'today', 'ring.c', 'count > RING_SIZE', 'count == 0xffffffff'],
  ['a place in the ring past its end', 'today', 'ring.c', 'commits[ring->completed % RING_SIZE]', 'commits[ring->completed]'],
  ['a disk that ends later than it does', '2018', 'legacy.c', 'disk->capacity / SECTOR', 'disk->capacity'],
])('%s would be noticed', { timeout: 120_000 }, async (name, abi, source, check, weaker) => {
  const folder = copy(name);
  const file = path.join(folder, 'loop', source);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(check);
  writeFileSync(file, text.replace(check, weaker));
  expect((await fuzz(folder, abi, 1)).exitCode).not.toBe(0);
});
