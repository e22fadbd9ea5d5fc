import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { hooksReference, pluginTypes } from './hooks-reference.mjs';

const root = path.resolve(import.meta.dirname, '..');
const read = (file) => readFileSync(path.join(root, file), 'utf8');

test('docs/hooks.md is what the types say (node scripts/hooks-reference.mjs)', () => {
  expect(read('docs/hooks.md')).toBe(hooksReference(pluginTypes()));
});

test('it has every hook, and says of each what it is for', () => {
  const page = hooksReference(pluginTypes());
  const made = [...read('core/lifecycle/runtime/hooks.ts').matchAll(/^ {4}(\w+): new Async/gm)].map(([, name]) => name);
  const [hooks] = page.split('# Types');
  expect([...hooks.matchAll(/^## (\w+)$/gm)].map(([, name]) => name)).toEqual(made);
});
