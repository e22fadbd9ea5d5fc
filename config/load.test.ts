import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunncError } from '../core/errors.ts';
import { defaults } from './defaults.ts';
import { parseConfig } from './load.ts';
import { parseSize } from './sizes.ts';

const file = '/etc/runnc/runnc.config.json';

test.each([undefined, null, {}, { $schema: './schema.json' }])('%j sets nothing', async (document) => {
  expect(await parseConfig(document, file)).toEqual(defaults);
});

test('everything can be set', async () => {
  const document = {
    memory: '64m',
    hugePages: true,
    cacheDirectory: '/srv/cache',
    plugins: ['tender-spt', ['rootfs-iso', { deep: { option: 1 } }], ['seccomp']],
    tender: { preferred: 'spt', allowed: ['hvt', 'spt'] },
    debug: true,
  };
  expect(await parseConfig(document, file)).toEqual({
    memory: 64 * 1024 * 1024,
    hugePages: true,
    cacheDirectory: '/srv/cache',
    plugins: [
      { name: 'tender-spt', options: {} },
      { name: 'rootfs-iso', options: { deep: { option: 1 } } },
      { name: 'seccomp', options: {} },
    ],
    tender: { preferred: 'spt', allowed: ['hvt', 'spt'] },
    debug: true,
  });
});

test.each([
  [{ memroy: '64m' }, 'memroy is unknown; did you mean memory?'],
  [{ tender: { prefered: 'spt' } }, 'tender.prefered is unknown; did you mean tender.preferred?'],
  [
    { colour: 'red' },
    'colour is unknown; known here: $schema, memory, hugePages, cacheDirectory, plugins, unikernel, tender, debug',
  ],
  [{ memory: true }, 'memory must be a size such as "512MiB" or a number of bytes, not a boolean'],
  [{ memory: '' }, 'memory must be a size such as "512MiB" or a number of bytes, not ""'],
  [{ memory: -5 }, 'memory must be a size such as "512MiB" or a number of bytes, not -5'],
  [
    { memory: 'lots' },
    'memory: "lots" is not a size of memory; write a number of bytes, or one with k, m, g or t, such as "64m" or "512MiB"',
  ],
  [{ hugePages: 'yes' }, 'hugePages must be a boolean, not a string'],
  [{ cacheDirectory: 'cache' }, 'cacheDirectory must be an absolute path, not "cache"'],
  [{ plugins: 'tender-spt' }, 'plugins must be an array, not a string'],
  [{ plugins: ['a', 5] }, "plugins[1] must be a plugin's name or [name, options], not a number"],
  [{ plugins: [[]] }, "plugins[0] must be a plugin's name or [name, options], not an empty array"],
  [{ plugins: [['a', {}, {}]] }, "plugins[0] must be a plugin's name or [name, options], not an array"],
  [{ plugins: [['a', 'b']] }, 'plugins[0][1] must be an object, not a string'],
  [{ tender: { allowed: [] } }, 'tender.allowed must be an array that is not empty, not an empty array'],
  [{ tender: { preferred: 'hvt', allowed: ['spt'] } }, 'tender.preferred, "hvt", is not among tender.allowed'],
  [[], 'the configuration must be an object, not an empty array'],
  [() => 0, 'the configuration must be an object, not a function'],
  [{ debug: null }, 'debug must be a boolean, not null'],
])('%j is refused with a sentence', async (document, sentence) => {
  await expect(parseConfig(document, file)).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG', sentence: `${file}: ${sentence}` }),
  );
});

test('no value makes it throw anything but a RunncError', async () => {
  const any = fc.jsonValue();
  const near = fc.record(
    { memory: any, plugins: any, tender: fc.oneof(any, fc.record({ preferred: any, allowed: any })) },
    { requiredKeys: [] },
  );
  const polluting = fc.constant(JSON.parse('{"__proto__": {"debug": true}, "constructor": 1}'));
  await fc.assert(
    fc.asyncProperty(fc.oneof(any, near, polluting), async (document) => {
      await parseConfig(document, file).catch((error) => expect(error).toBeInstanceOf(RunncError));
    }),
    { numRuns: 2000 },
  );
});

test('the defaults that editors see are those that hold', () => {
  const schema = JSON.parse(readFileSync(path.join(import.meta.dirname, 'schema.json'), 'utf8'));
  const { memory, hugePages, cacheDirectory, debug } = schema.properties;
  expect({ ...defaults, memory: parseSize(memory.default) }).toMatchObject({
    ...{ memory: defaults.memory, hugePages: hugePages.default, cacheDirectory: cacheDirectory.default, debug: debug.default },
  });
});
