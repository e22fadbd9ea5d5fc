import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from './read.ts';

function file(name: string, content: string): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'runnc-read-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(path.join(directory, name), content);
  return path.join(directory, name);
}

test.each([
  ['a.json', '{ "debug": true }'],
  ['a.yaml', 'debug: true\n'],
  ['a.yml', '# by hand\ndebug: true\n'],
  ['a.mjs', 'export default { debug: true };'],
  ['a.cjs', 'module.exports = { debug: true };'],
  ['a.js', 'module.exports = { debug: true };'],
  ['a.mjs', 'export default Promise.resolve({ debug: true });'],
])('%s is loaded', async (name, content) => {
  expect(await readConfig(file(name, content))).toEqual({ debug: true });
});

test('TypeScript is loaded where the engine runs it, and elsewhere the sentence says so', async () => {
  const script = file('a.ts', 'export default { debug: true as boolean };');
  const said = await readConfig(script).catch((error: Error) => error.message);
  expect([{ debug: true }, `${script} cannot be loaded: Node ${process.versions.node} does not run TypeScript`]).toContainEqual(
    said,
  );
});

test.each(['a.json', 'a.yaml', 'a.mjs'])('an empty %s sets nothing', async (name) => {
  expect(await readConfig(file(name, '\n'))).toBeUndefined();
});

test.each([
  ['a.yaml', 'a: [1', /flow collection/],
  ['a.mjs', 'export const debug = true;', /it exports no default/],
  ['a.mjs', 'throw new Error("no luck");', /no luck/],
  ['a.cjs', 'throw "no luck";', /no luck/],
  ['a.mjs', 'export default {', /\S/],
])('a broken %s is refused with its name and the reason', async (name, content, reason) => {
  const broken = file(name, content);
  const error = await readConfig(broken).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringMatching(reason) });
  expect((error as Error).message).toMatch(new RegExp(`^${broken} cannot be loaded: [^\\n]+$`));
});

test('broken JSON is refused with the place', async () => {
  const broken = file('a.json', '{\n  "debug": \n}');
  await expect(readConfig(broken)).rejects.toThrow(`${broken} is not valid JSON at line 3, column 1`);
});

test('a module that throws is run once', async () => {
  const script = file('a.mjs', 'globalThis.runs = (globalThis.runs ?? 0) + 1; throw new Error("no luck");');
  await expect(readConfig(script)).rejects.toThrow('no luck');
  expect(globalThis).toHaveProperty('runs', 1);
});

test('an unknown extension is refused', async () => {
  await expect(readConfig(file('a.toml', ''))).rejects.toThrow(`a.toml has an unknown extension`);
  await expect(readConfig(file('constructor', ''))).rejects.toThrow('has an unknown extension');
});

test('nothing in the working directory is run or read', async () => {
  const config = file('a.json', '{ "$import": "./other.json" }');
  const directory = path.dirname(config);
  // What an explorer of cosmiconfig would look for there, as settings of its own.
  mkdirSync(path.join(directory, '.config'));
  writeFileSync(path.join(directory, '.config/config.js'), 'globalThis.wasRun = true; module.exports = {};');
  writeFileSync(path.join(directory, 'package.json'), '{ "cosmiconfig": { "loaders": {} } }');
  writeFileSync(path.join(directory, 'other.json'), '{ "debug": true }');
  const before = process.cwd();
  process.chdir(directory);
  onTestFinished(() => process.chdir(before));
  expect(await readConfig(config)).toEqual({ $import: './other.json' });
  expect(globalThis).not.toHaveProperty('wasRun');
});
