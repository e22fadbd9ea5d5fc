import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorCodes, RunncError, SysError, sentenceOf } from './errors.ts';

const top = join(import.meta.dirname, '..');
const page = readFileSync(join(top, 'docs/errors.md'), 'utf8');
const sections = page.split(/^## /m).slice(1);

const sources = ['core', 'plugins', 'config']
  .flatMap((folder) => readdirSync(join(top, folder), { recursive: true }).map((name) => join(top, folder, String(name))))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('/testing/'))
  .map((file) => readFileSync(file, 'utf8'))
  // The list itself uses none of them.
  .map((text) => text.replace(/export const errorCodes = \[[^\]]*\]/, ''));

test('each code has its section in docs/errors.md, and no section lacks its code', () => {
  expect(sections.map((section) => section.slice(0, section.indexOf('\n'))).sort()).toEqual([...errorCodes].sort());
});

test('each section says in full sentences what it means', () => {
  for (const section of sections) expect(section.trim(), section).toMatch(/\n\n[\s\S]{60,}\.$/);
});

test('each code is used, and no other one', () => {
  const used = new Set(sources.flatMap((text) => [...text.matchAll(/'(ERR_[A-Z_]+)'/g)].map(([, code]) => code)));
  // Node's own, that an import of a file may answer.
  used.delete('ERR_UNKNOWN_FILE_EXTENSION');
  expect([...used].sort()).toEqual([...errorCodes].sort());
});

test('the sentence is the message and what to do', () => {
  expect(new RunncError('ERR_ID', 'no good').sentence).toBe('no good');
  expect(new RunncError('ERR_ID', 'no good', { hint: 'take another' }).sentence).toBe('no good; take another');
  const cause = new Error('why');
  expect(new RunncError('ERR_ID', 'no good', { cause })).toMatchObject({ name: 'RunncError', code: 'ERR_ID', cause });
});

test('whatever is thrown has a sentence', () => {
  expect(sentenceOf(new SysError('open', 2, 'ENOENT', 'opening /x', 'no such file'))).toBe('opening /x: ENOENT (no such file)');
  expect([sentenceOf(new Error('plain')), sentenceOf('text'), sentenceOf(undefined)]).toEqual(['plain', 'text', 'undefined']);
});
