import {
  chmodSync,
  chownSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCached, writeCached } from './filter-cache.ts';
import { hasher, temporaryDirectory } from './testing/host.ts';

const program = Uint8Array.from({ length: 24 }, (_, index) => index);

function kept() {
  const directory = temporaryDirectory();
  writeCached(hasher, directory, 'key', program);
  return { directory, file: join(directory, 'key.bpf') };
}

describe('a kept filter', () => {
  test('comes back as it was, and is nobody else’s to read', () => {
    const { directory, file } = kept();
    expect(Uint8Array.from(readCached(hasher, directory, 'key') ?? [])).toEqual(program);
    expect(readCached(hasher, directory, 'other')).toBeUndefined();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['key.bpf']);
  });

  test.each<[string, (file: string) => void]>([
    [
      'has a flipped bit',
      (file) =>
        writeFileSync(
          file,
          readFileSync(file).map((byte, index) => (index === 40 ? byte ^ 1 : byte)),
        ),
    ],
    [
      'has a flipped bit in its checksum',
      (file) =>
        writeFileSync(
          file,
          readFileSync(file).map((byte, index) => (index === 0 ? byte ^ 1 : byte)),
        ),
    ],
    ['is cut short', (file) => truncateSync(file, 40)],
    ['is no whole number of instructions', (file) => truncateSync(file, 43)],
    ['is only a checksum', (file) => truncateSync(file, 32)],
    ['is empty', (file) => truncateSync(file, 0)],
    ['is far too large', (file) => truncateSync(file, 2 ** 31)],
    ['can be written by others', (file) => chmodSync(file, 0o622)],
    [
      'is a symbolic link',
      (file) => {
        renameSync(file, `${file}.real`);
        symlinkSync(`${file}.real`, file);
      },
    ],
  ])('is not used when it %s', (_what, damage) => {
    const { directory, file } = kept();
    damage(file);
    expect(readCached(hasher, directory, 'key')).toBeUndefined();
  });

  test.skipIf(process.geteuid?.() !== 0)('is not used when it belongs to somebody else (needs root)', () => {
    const { directory, file } = kept();
    chownSync(file, 65534, 65534);
    expect(readCached(hasher, directory, 'key')).toBeUndefined();
  });
});

describe('the folder of filters', () => {
  test('holds no more than 256, the newest', () => {
    const directory = temporaryDirectory();
    for (let index = 0; index < 300; index++) {
      const file = join(directory, `${index}.bpf`);
      writeFileSync(file, '');
      utimesSync(file, index, index);
    }
    writeCached(hasher, directory, 'key', program);
    const names = readdirSync(directory);
    expect(names).toHaveLength(256);
    expect(names).toContain('key.bpf');
    expect(names).toContain('299.bpf');
    expect(names).not.toContain('44.bpf');
  });

  test('keeps no leavings of runtimes that died while writing, and spares those that still do', () => {
    const directory = temporaryDirectory();
    for (const name of ['old.1.ff.tmp', 'new.2.ff.tmp', 'not-ours']) writeFileSync(join(directory, name), '');
    for (const name of ['old.1.ff.tmp', 'not-ours']) utimesSync(join(directory, name), 1, 1);
    writeCached(hasher, directory, 'key', program);
    expect(readdirSync(directory).sort()).toEqual(['key.bpf', 'new.2.ff.tmp', 'not-ours']);
  });

  test('is left as it was when a filter cannot be kept', () => {
    const directory = temporaryDirectory();
    expect(() => writeCached(hasher, join(directory, 'absent'), 'key', program)).toThrow('ENOENT');
    expect(readdirSync(directory)).toEqual([]);
  });
});
