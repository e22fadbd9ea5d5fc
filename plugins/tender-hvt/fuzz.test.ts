/** Hostile guests against the run loop, compiled with sanitizers: a million exits, and two loops with a check left out. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';

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

/** Compiles the loop in `folder` with its harness and lets `cases` exits of hostile guests come. */
async function fuzz(folder: string, seed: number) {
  const program = path.join(folder, 'fuzz');
  const [loop, harness] = [path.join(folder, 'loop'), path.join(folder, 'testing/fuzz')];
  const includes = [harness, path.join(loop, 'x86_64'), loop].map((directory) => `-I${directory}`);
  await execa('gcc', [...flags, ...includes, '-o', program, path.join(harness, 'fuzz.c')]);
  return execa(program, [String(cases), String(seed)], { reject: false, all: true });
}

function copy(name: string): string {
  const folder = path.join(work, name);
  cpSync(path.join(plugin, 'loop'), path.join(folder, 'loop'), { recursive: true });
  cpSync(path.join(plugin, 'testing'), path.join(folder, 'testing'), { recursive: true });
  return folder;
}

test('a million exits of hostile guests touch nothing but guest memory', { timeout: 120_000 }, async () => {
  const seed = Date.now() % 2 ** 31;
  const { all, exitCode } = await fuzz(copy('loop'), seed);
  // The kernel's own failures, hypercalls that were refused, and guests that crashed all came about in their thousands.
  expect(all, `seed ${seed}`).toMatch(/^1000000 cases; ended: fault \d{4,}, forbidden \d{6,}, kvm \d{4,}$/);
  expect(exitCode).toBe(0);
});

test.each([
  ['an overflow of address and length', 'length > p->memory_size - address', 'address + length > p->memory_size'],
  ['a handle one past the last', 'handle >= p->device_count', 'handle > p->device_count'],
])('%s would be noticed', { timeout: 120_000 }, async (name, check, weaker) => {
  const folder = copy(name);
  const file = path.join(folder, 'loop/hypercalls.c');
  const source = readFileSync(file, 'utf8');
  expect(source).toContain(check);
  writeFileSync(file, source.replace(check, weaker));
  expect((await fuzz(folder, 1)).exitCode).not.toBe(0);
});
