import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunncError } from '../core/errors.ts';
import { defaults } from './defaults.ts';
import { parseConfig as parse } from './load.ts';
import { parseSize } from './sizes.ts';

const file = '/etc/runnc/runnc.config.json';
const parseConfig = async (document: unknown, file: string, profile?: string) => (await parse(document, file, profile)).config;

test.each([undefined, null, {}, { $schema: './schema.json' }])('%j sets nothing', async (document) => {
  expect(await parseConfig(document, file)).toEqual(defaults);
});

const withFile = ({ source }: RegExp) => new RegExp(source.replace('^', `^${file}: `));

test('everything can be set', async () => {
  const document = {
    memory: '64m',
    hugePages: true,
    cacheDirectory: '/srv/cache',
    cacheSize: '1.5g',
    dataDirectory: '/srv/data',
    plugins: ['tender-spt', ['rootfs-iso', { deep: { option: 1 } }], ['seccomp'], ['tender-hvt', false]],
    tender: { preferred: 'spt', allowed: ['hvt', 'spt'] },
    unikernel: 'solo5',
    rootfs: 'rootfs-iso',
    network: 'network-tap',
    options: { seccomp: { a: 1 } },
    images: [
      { match: '/bin/*', use: { memory: '1g', tender: { preferred: 'hvt' } } },
      { match: { image: 'mirage/*', annotations: { tier: 'gold' } }, use: { hugePages: true } },
      { match: 'mirage/*', use: {} },
    ],
    allowAnnotations: ['memory'],
    hookTimeLimit: 1.5,
    debug: true,
  };
  expect(await parseConfig(document, file)).toEqual({
    memory: 64 * 1024 * 1024,
    hugePages: true,
    cacheDirectory: '/srv/cache',
    cacheSize: 1.5 * 2 ** 30,
    dataDirectory: '/srv/data',
    plugins: [
      { name: 'tender-spt', options: {} },
      { name: 'rootfs-iso', options: { deep: { option: 1 } } },
      { name: 'seccomp', options: {} },
      { name: 'tender-hvt', options: false },
    ],
    tender: { preferred: 'spt', allowed: ['hvt', 'spt'] },
    unikernel: 'solo5',
    rootfs: 'rootfs-iso',
    network: 'network-tap',
    options: { seccomp: { a: 1 } },
    images: [
      { match: { program: '/bin/*' }, use: { memory: 2 ** 30, tender: { preferred: 'hvt', allowed: undefined } } },
      { match: { image: 'mirage/*', annotations: { tier: 'gold' } }, use: { hugePages: true } },
      { match: { image: 'mirage/*' }, use: {} },
    ],
    allowAnnotations: ['memory'],
    hookTimeLimit: 1500,
    debug: true,
  });
});

test.each([
  [{ memroy: '64m' }, 'memroy is unknown; did you mean memory?'],
  [{ tender: { prefered: 'spt' } }, 'tender.prefered is unknown; did you mean tender.preferred?'],
  [
    { colour: 'red' },
    'colour is unknown; known here: $schema, memory, hugePages, cacheDirectory, cacheSize, dataDirectory, plugins, tender, unikernel, rootfs, network, options, images, allowAnnotations, hookTimeLimit, debug, profiles',
  ],
  [{ memory: true }, 'memory must be a size such as "512MiB" or a number of bytes, not a boolean'],
  [{ memory: '' }, 'memory must be a size such as "512MiB" or a number of bytes, not ""'],
  [{ memory: -5 }, 'memory must be a size such as "512MiB" or a number of bytes, not -5'],
  [
    { memory: 'lots' },
    'memory: "lots" is not a size; write a number of bytes, or one with k, m, g or t, such as "64m" or "512MiB"',
  ],
  [{ hugePages: 'yes' }, 'hugePages must be a boolean, not a string'],
  [
    { cacheSize: 'all' },
    'cacheSize: "all" is not a size; write a number of bytes, or one with k, m, g or t, such as "64m" or "512MiB"',
  ],
  [{ cacheDirectory: 'cache' }, 'cacheDirectory must be an absolute path, not "cache"'],
  [{ plugins: 'tender-spt' }, 'plugins must be an array, not a string'],
  [{ plugins: ['a', 5] }, "plugins[1] must be a plugin's name or [name, options], not a number"],
  [{ plugins: [[]] }, "plugins[0] must be a plugin's name or [name, options], not an empty array"],
  [{ plugins: [['a', {}, {}]] }, "plugins[0] must be a plugin's name or [name, options], not an array"],
  [{ plugins: [['a', 'b']] }, 'plugins[0][1] must be an object, or false, not a string'],
  [{ plugins: [['a', true]] }, 'plugins[0][1] must be an object, or false, not true'],
  [{ images: [{ match: 'x' }] }, 'images[0].use is missing'],
  [{ images: [{ match: {}, use: {} }] }, 'images[0].match must be a pattern, or an object of patterns, not an object'],
  [{ images: [{ match: 'x', use: { plugins: [] } }] }, /^images\[0\]\.use\.plugins is unknown; /],
  [{ images: [{ match: 'x', use: { memory: 'lots' } }] }, /^images\[0\]\.use\.memory: "lots" is not a size/],
  [{ allowAnnotations: ['memroy'] }, /^allowAnnotations\[0\] must be one of .*; did you mean "memory"\?$/],
  [{ profiles: { a: { memroy: 1 } } }, 'profiles.a.memroy is unknown; did you mean profiles.a.memory?'],
  [{ profiles: { a: { memory: 'lots' } } }, /^profiles\.a: memory: "lots" is not a size/],
  [{ profiles: { a: { profiles: {} } } }, /^profiles\.a\.profiles is unknown/],
  [{ tender: { hvt: {} } }, 'tender.hvt.path is missing'],
  [{ tender: { spt: { path: 'solo5-spt' } } }, 'tender.spt.path must be an absolute path, not "solo5-spt"'],
  [{ tender: { allowed: [] } }, 'tender.allowed must be an array that is not empty, not an empty array'],
  [{ tender: { preferred: 'hvt', allowed: ['spt'] } }, 'tender.preferred, "hvt", is not among tender.allowed'],
  [[], 'the configuration must be an object, not an empty array'],
  [() => 0, 'the configuration must be an object, not a function'],
  [{ debug: null }, 'debug must be a boolean, not null'],
])('%j is refused with a sentence', async (document, sentence) => {
  await expect(parseConfig(document, file)).rejects.toThrow(
    expect.objectContaining({
      code: 'ERR_CONFIG',
      sentence: sentence instanceof RegExp ? expect.stringMatching(withFile(sentence)) : `${file}: ${sentence}`,
    }),
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
  const { memory, hugePages, cacheDirectory, cacheSize, dataDirectory, debug, hookTimeLimit } = schema.definitions;
  expect({ ...defaults, memory: parseSize(memory.default) }).toMatchObject({
    ...{
      memory: defaults.memory,
      cacheSize: parseSize(cacheSize.default),
      hugePages: hugePages.default,
      cacheDirectory: cacheDirectory.default,
      dataDirectory: dataDirectory.default,
      debug: debug.default,
    },
    hookTimeLimit: hookTimeLimit.default * 1000,
  });
});

test('paths of tenders are options of the plugin that runs them', async () => {
  const document = {
    tender: { preferred: 'hvt', hvt: { path: '/usr/bin/solo5-hvt' } },
    options: { 'tender-external': { spt: { path: '/opt/solo5-spt' } } },
    profiles: { other: { tender: { hvt: { path: '/opt/solo5-hvt' } } } },
  };
  const both = { hvt: { path: '/usr/bin/solo5-hvt' }, spt: { path: '/opt/solo5-spt' } };
  expect(await parseConfig(document, file)).toMatchObject({ tender: { preferred: 'hvt' }, options: { 'tender-external': both } });
  expect((await parseConfig(document, file, 'other')).options['tender-external']).toEqual({
    ...both,
    hvt: { path: '/opt/solo5-hvt' },
  });
});

test('a profile wins over what stands beside it, key by key within tender and options', async () => {
  const document = {
    memory: '1g',
    tender: { preferred: 'spt', allowed: ['spt', 'hvt'] },
    options: { a: { x: 1, y: 1 }, b: { z: 1 } },
    profiles: { hvt: { memory: '2g', tender: { preferred: 'hvt' }, options: { a: { x: 2 } } }, other: {} },
  };
  expect(await parseConfig(document, file, 'hvt')).toMatchObject({
    memory: 2 ** 31,
    tender: { preferred: 'hvt', allowed: ['spt', 'hvt'] },
    options: { a: { x: 2, y: 1 }, b: { z: 1 } },
  });
  expect(await parseConfig(document, file)).toMatchObject({ memory: 2 ** 30, tender: { preferred: 'spt' } });
  await expect(parseConfig(document, file, 'hv')).rejects.toThrow('there is no profile "hv"');
  await expect(parseConfig({}, file, 'constructor')).rejects.toThrow('there is no profile "constructor"');
});
