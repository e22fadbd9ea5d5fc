import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findPlugin } from './third-party.ts';

const asRoot = test.skipIf(process.getuid?.() !== 0);

function folders(...files: readonly (readonly [string, string])[]): string {
  const top = mkdtempSync('/run/runnc-find-');
  onTestFinished(() => rmSync(top, { recursive: true }));
  chmodSync(top, 0o755);
  for (const [name, content] of files) {
    mkdirSync(path.dirname(path.join(top, name)), { recursive: true });
    writeFileSync(path.join(top, name), content, { mode: 0o644 });
  }
  return top;
}

asRoot.each([
  [
    'x',
    [
      ['x/package.json', '{ "main": "lib/a.js" }'],
      ['x/lib/a.js', ''],
    ],
    'x/lib/a.js',
  ],
  [
    'x',
    [
      ['x/package.json', '{ "main": "a.js", "exports": "./b.js" }'],
      ['x/b.js', ''],
    ],
    'x/b.js',
  ],
  [
    'x',
    [
      ['x/package.json', '{ "exports": { "import": "./b.mjs", "require": "./b.cjs" } }'],
      ['x/b.mjs', ''],
    ],
    'x/b.mjs',
  ],
  [
    'x',
    [
      ['x/package.json', '{}'],
      ['x/index.js', ''],
    ],
    'x/index.js',
  ],
  ['x', [['x/index.js', '']], 'x/index.js'],
  ['x', [['x.ts', '']], 'x.ts'],
  ['@a/x', [['@a/x/index.js', '']], '@a/x/index.js'],
] as const)('%s with %j is %s', (name, files, expected) => {
  const top = folders(...files);
  expect(findPlugin(name, [], ['/does/not/exist', top])).toBe(path.join(top, expected));
});

asRoot('a package that is a link is what it leads to', () => {
  const top = folders(['real/index.js', '']);
  symlinkSync('real', path.join(top, 'x'));
  expect(findPlugin('x', [], [top])).toBe(path.join(top, 'real/index.js'));
});

asRoot('a package.json cannot lead out of its folder', () => {
  const top = folders(['x/package.json', '{ "main": "../y.js" }'], ['y.js', '']);
  expect(() => findPlugin('x', [], [top])).toThrow('leads out of its folder');
});

test.each(['./x', '../x', 'x/../../y', 'a/b/c', '', '.x', 'x y', 'x\0', 'file:///x', '@a', '@/x'])('%j is no name', (name) => {
  expect(() => findPlugin(name, [])).toThrow('is neither the name of a package nor an absolute path');
});

test('a mistyped built-in one is recognised, and another one is told how to install', () => {
  const sentence = (expected: string) => expect.objectContaining({ sentence: expect.stringContaining(expected) });
  expect(() => findPlugin('tender-sptt', ['tender-spt'], [])).toThrow(sentence('did you mean tender-spt?'));
  expect(() => findPlugin('other', ['tender-spt'], [])).toThrow(sentence('npm install --prefix /etc/runnc other'));
});
