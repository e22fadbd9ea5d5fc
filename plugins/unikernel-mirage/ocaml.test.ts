/** OCaml's runtime is found wherever it lies among the constants. */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Elf, Segment } from '../../core/plugin.ts';
import { isOcaml } from './ocaml.ts';

const text = 'Fatal error: exception %s\n';

function ask(at: number, size: number, change: Partial<Segment> = {}): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-ocaml-'));
  const file = path.join(folder, 'program');
  const bytes = Buffer.alloc(size, 'x');
  bytes.write(text, at);
  writeFileSync(file, bytes);
  const fd = openSync(file, 'r');
  onTestFinished(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  const segment = {
    offset: 64,
    address: 0,
    fileSize: size - 64,
    memorySize: size,
    readable: true,
    writable: false,
    executable: false,
  };
  return isOcaml({ fd, elf: { segments: [{ ...segment, ...change }] } as unknown as Elf });
}

const MiB = 2 ** 20;

test.each([64, 1000, MiB + 50, MiB + 64 - 5, 2 * MiB + 63, 3 * MiB - text.length])('at %i', (at) => {
  expect(ask(at, 3 * MiB)).toBe(true);
});

test('not in front of the segment, nor in code or what is writable', () => {
  expect(ask(0, MiB)).toBe(false);
  expect(ask(1000, MiB, { executable: true })).toBe(false);
  expect(ask(1000, MiB, { writable: true })).toBe(false);
});
