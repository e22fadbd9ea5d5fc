import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const generate = () => execFileSync(process.execPath, ['scripts/generate.mjs'], { cwd: root, encoding: 'utf8' });

test('what is made already is not made again', () => {
  generate();
  expect(generate()).toBe('');
});

test.each(['validate-spec', 'validate-config'])('%s needs nothing at run time', (name) => {
  generate();
  const source = readFileSync(path.join(root, `core/generated/${name}.mjs`), 'utf8');
  expect(source).toMatch(/^\/\/ Made by scripts\/generate\.mjs/);
  expect(source).not.toMatch(/^import /m);
});
