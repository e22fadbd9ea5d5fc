import { expect, test } from 'vitest';
import { parseSpec } from './bundle.ts';
import { defaultSpec } from './default-spec.ts';
import { explain, pathOf } from './explain.ts';
import { nearest } from './nearest.ts';

const good = defaultSpec();

test.each([
  [
    'a number for a string',
    { ...good, process: { ...good.process, args: [1] } },
    'process.args[0] must be a string, not a number',
  ],
  [
    'an empty list',
    { ...good, process: { ...good.process, args: [] } },
    'process.args must be an array that is not empty, not an empty array',
  ],
  ['an empty path', { ...good, root: { path: '' } }, 'root.path must be a string that is not empty, not ""'],
  ['a missing part', { ...good, process: { args: ['a'] } }, 'process.cwd is missing'],
  [
    'a fraction',
    { ...good, process: { ...good.process, oomScoreAdj: 1.5 } },
    'process.oomScoreAdj must be an integer, not the number 1.5',
  ],
  [
    'a number too small',
    { ...good, process: { ...good.process, user: { uid: -1 } } },
    'process.user.uid must be at least 0, not -1',
  ],
  [
    'a number too large',
    { ...good, process: { ...good.process, user: { uid: 2 ** 32 } } },
    'process.user.uid must be at most 4294967295, not 4294967296',
  ],
  [
    'a list of lists',
    { ...good, process: { ...good.process, env: [[]] } },
    'process.env[0] must be a string, not an empty array',
  ],
  ['a key with dots', { ...good, annotations: { 'a.b/c~d': 1 } }, 'annotations["a.b/c~d"] must be a string, not a number'],
  [
    'a misspelt word',
    { ...good, linux: { namespaces: [{ type: 'net' }, { type: 'netwrok' }] } },
    'linux.namespaces[0].type must be one of "cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts", not "net"',
  ],
])('%s is explained', (_what, document, message) => {
  expect(() => parseSpec(JSON.stringify(document))).toThrow(`config.json: ${message}`);
});

test('the word that was meant is suggested', () => {
  const document = { ...good, linux: { namespaces: [{ type: 'netwrok' }] } };
  expect(() => parseSpec(JSON.stringify(document))).toThrow(expect.objectContaining({ hint: 'did you mean "network"?' }));
});

test('a keyword that nobody foresaw is still a sentence', () => {
  expect(explain({ instancePath: '/a', keyword: 'dependencies', params: {} }, { a: 1 })).toEqual({
    message: 'a must be valid (dependencies), not 1',
    hint: undefined,
  });
});

test('a path is written as in JavaScript', () => {
  expect(pathOf(['a', '0', 'b-c', '1', 'd e'], { a: [{ 'b-c': {} }] })).toBe('a[0].b-c.1["d e"]');
});

test('the nearest word is near', () => {
  const words = ['memory', 'hugePages', 'cacheDirectory', 'plugins', 'tender', 'debug'];
  expect(nearest('memroy', words)).toBe('memory');
  expect(nearest('hugepages', words)).toBe('hugePages');
  expect(nearest('plugin', words)).toBe('plugins');
  expect(nearest('network', words)).toBeUndefined();
  expect(nearest('x'.repeat(1_000_000), words)).toBeUndefined();
});
