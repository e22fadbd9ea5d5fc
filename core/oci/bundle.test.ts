import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { RunncError } from '../errors.ts';
import { loadBundle, parseSpec } from './bundle.ts';

const fixtures = path.resolve(import.meta.dirname, '../../test/fixtures/bundles');
const fixture = (name: string) => readFileSync(path.join(fixtures, name, 'config.json'), 'utf8');

/** A bundle in a folder of its own. */
function bundle({ config = fixture('cri-sandbox'), rootfs = true } = {}): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'runnc-bundle-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(path.join(directory, 'config.json'), config);
  if (rootfs) mkdirSync(path.join(directory, 'rootfs'));
  return directory;
}

function failure(run: () => unknown): { code: string; sentence: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof RunncError) return { code: error.code, sentence: error.sentence };
    throw error;
  }
  throw new Error('it did not fail');
}

test.each(readdirSync(fixtures))('the config.json of %s is accepted', (name) => {
  expect(parseSpec(fixture(name)).process.args[0]).toMatch(/^\//);
});

test('a bundle knows its real path, its root and its spec', () => {
  const directory = bundle();
  const link = `${directory}-link`;
  symlinkSync(directory, link);
  onTestFinished(() => rmSync(link));
  const loaded = loadBundle(link);
  expect(loaded).toMatchObject({ path: directory, rootfs: path.join(directory, 'rootfs') });
  expect(loaded.spec.hostname).toBe('hello-7d4b9');
});

test('an absolute root need not be in the bundle', () => {
  const root = bundle();
  const config = JSON.stringify({ ...JSON.parse(fixture('cri-sandbox')), root: { path: root } });
  expect(loadBundle(bundle({ config, rootfs: false })).rootfs).toBe(root);
});

test('properties that are null are as if they were not there', () => {
  const text = fixture('docker-28');
  expect(text).toContain('"swappiness":null');
  expect(parseSpec(text).linux?.resources?.memory).toEqual({ limit: 67108864, swap: 134217728 });
});

test('a null among the elements of an array is refused', () => {
  const config = JSON.parse(fixture('cri-sandbox'));
  config.process.args.push(null);
  expect(failure(() => parseSpec(JSON.stringify(config))).sentence).toBe(
    'config.json: process.args[1] must be a string, not null',
  );
});

test.each([
  ['', 'config.json is empty'],
  [' \n', 'config.json is empty'],
  ['{"a": 1,}', 'config.json is not valid JSON at line 1, column 9'],
  ['{\n  "a": [1, 2\n}', 'config.json is not valid JSON at line 3, column 1'],
  ['[]', 'config.json: the document must be an object, not an empty array'],
  ['null', 'config.json: the document must be an object, not null'],
  ['{}', 'config.json: ociVersion is missing'],
])('%j is refused with a sentence', (text, sentence) => {
  expect(failure(() => parseSpec(text))).toEqual({ code: 'ERR_BUNDLE', sentence });
});

test('the sentences of files that are not there name them', () => {
  const empty = bundle();
  rmSync(path.join(empty, 'config.json'));
  expect(failure(() => loadBundle(empty)).sentence).toBe(`${empty}/config.json does not exist; \`runnc spec\` writes one`);
  expect(failure(() => loadBundle(`${empty}/no`)).sentence).toBe(`bundle ${empty}/no does not exist`);
  expect(failure(() => loadBundle('/dev/null')).sentence).toBe('bundle /dev/null is not a directory');
  const rootless = bundle({ rootfs: false });
  expect(failure(() => loadBundle(rootless)).sentence).toBe(`config.json: root.path: ${rootless}/rootfs does not exist`);
  writeFileSync(path.join(rootless, 'rootfs'), '');
  expect(failure(() => loadBundle(rootless)).sentence).toBe(`config.json: root.path: ${rootless}/rootfs is not a directory`);
});

test('a fifo, a folder or a huge file in place of config.json is refused at once', () => {
  const directory = bundle();
  const file = path.join(directory, 'config.json');
  rmSync(file);
  execFileSync('/usr/bin/env', ['mkfifo', file]);
  expect(failure(() => loadBundle(directory)).sentence).toBe(`${file} is not a regular file`);
  rmSync(file);
  mkdirSync(file);
  expect(failure(() => loadBundle(directory)).sentence).toBe(`${file} is not a regular file`);
  rmSync(file, { recursive: true });
  writeFileSync(file, Buffer.alloc(16 * 1024 * 1024 + 1, ' '));
  expect(failure(() => loadBundle(directory)).sentence).toBe(`${file} is larger than 16 MiB`);
});

test('a NUL character is refused wherever it is', () => {
  const config = JSON.parse(fixture('cri-sandbox'));
  config.process.env.push('A=\0');
  expect(failure(() => parseSpec(JSON.stringify(config))).sentence).toBe('config.json: process.env[1] has a NUL character in it');
  config.process.env.pop();
  config.annotations['a\0'] = '';
  expect(failure(() => parseSpec(JSON.stringify(config))).code).toBe('ERR_BUNDLE');
});

test('depth does not matter', () => {
  const deep = (inner: string) => `{"x":${'['.repeat(100_000)}${inner}${']'.repeat(100_000)},${fixture('cri-sandbox').slice(1)}`;
  // JavaScriptCore gives up on such depth where V8 does not; neither may end in anything but a sentence.
  for (const inner of ['null', '"\\u0000"', '}']) {
    try {
      parseSpec(deep(inner));
    } catch (error) {
      expect(error).toBeInstanceOf(RunncError);
    }
  }
});

test('no text makes it throw anything but a RunncError', () => {
  const any = fc.jsonValue();
  const near = fc.record({ ociVersion: fc.constant('1.2.0'), process: any, root: any, linux: any, hooks: any });
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    near.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(text, (given) => {
      try {
        parseSpec(given);
      } catch (error) {
        expect(error).toBeInstanceOf(RunncError);
      }
    }),
    { numRuns: 2000 },
  );
});

test('no value anywhere in a good configuration makes it throw anything but a RunncError', () => {
  const good = JSON.parse(fixture('everything'));
  const paths = everyPath(good);
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue(), (steps, value) => {
      try {
        parseSpec(JSON.stringify(replaced(good, steps, value)));
      } catch (error) {
        expect(error).toBeInstanceOf(RunncError);
      }
    }),
    { numRuns: 3000 },
  );
});

test('a value of the wrong type is refused by its path, at every place that is read', () => {
  const good = JSON.parse(fixture('everything'));
  for (const steps of everyPath(good)) {
    const value = steps.reduce((node, step) => node[step], good);
    // What no property takes: an object where there was a scalar, a number where there was none.
    const { sentence } = failure(() => parseSpec(JSON.stringify(replaced(good, steps, typeof value === 'object' ? 5.5 : {}))));
    const last = String(steps.at(-1));
    expect(sentence).toMatch(/ must be .*, not (an object|the number 5\.5)/);
    expect(sentence).toContain(/^\d+$/.test(last) ? `[${last}]` : last);
  }
});

function everyPath(node: unknown, steps: readonly string[] = []): (readonly string[])[] {
  if (typeof node !== 'object' || node === null) return [steps];
  const below = Object.entries(node).flatMap(([key, child]) => everyPath(child, [...steps, key]));
  return steps.length === 0 ? below : [steps, ...below];
}

function replaced(document: unknown, steps: readonly string[], value: unknown): unknown {
  const copy = structuredClone(document) as Record<string, unknown>;
  const parent = steps.slice(0, -1).reduce((node, step) => node[step] as Record<string, unknown>, copy);
  parent[steps.at(-1) ?? ''] = value;
  return copy;
}
