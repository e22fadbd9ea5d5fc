import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findConfig } from './find.ts';

function folder(...names: readonly string[]): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'runnc-find-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const name of names) writeFileSync(path.join(directory, name), '');
  return directory;
}

test.each(['json', 'yaml', 'yml', 'js', 'mjs', 'cjs', 'ts'])('runnc.config.%s is found', (extension) => {
  const directory = folder(`runnc.config.${extension}`, 'runnc.config.md', 'other.json');
  expect(findConfig({ environment: {}, directory })).toBe(`${directory}/runnc.config.${extension}`);
});

test('without a file or a folder there is none', () => {
  expect(
    findConfig({ environment: {}, directory: folder('runnc.config', '.runnc.config.json', 'runnc.config.json.bak') }),
  ).toBeUndefined();
  expect(findConfig({ environment: { RUNNC_CONFIG: '' }, directory: '/does/not/exist' })).toBeUndefined();
});

test('the command line comes before the environment, and that before /etc/runnc', () => {
  const directory = folder('runnc.config.json');
  const environment = { RUNNC_CONFIG: '/b.json' };
  expect(findConfig({ path: '/a.json', environment, directory })).toBe('/a.json');
  expect(findConfig({ environment, directory })).toBe('/b.json');
});

test('two files are one too many', () => {
  const directory = folder('runnc.config.yaml', 'runnc.config.json');
  expect(() => findConfig({ environment: {}, directory })).toThrow(
    expect.objectContaining({
      code: 'ERR_CONFIG',
      sentence: `${directory} has two configurations, runnc.config.json and runnc.config.yaml; keep one of them`,
    }),
  );
});

test('a relative path is refused: the working directory is the bundle', () => {
  expect(() => findConfig({ path: 'runnc.config.json', environment: {} })).toThrow(
    '--config must be an absolute path, not "runnc.config.json"',
  );
  expect(() => findConfig({ path: '', environment: {} })).toThrow('--config must be an absolute path, not ""');
  expect(() => findConfig({ environment: { RUNNC_CONFIG: './x.json' } })).toThrow(
    '$RUNNC_CONFIG must be an absolute path, not "./x.json"',
  );
});
