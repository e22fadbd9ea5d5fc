import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Architecture, Host, Plugin } from '../../plugin.ts';
import { recordingLog } from '../../testing/log.ts';
import { Runtime, type Use } from './runtime.ts';

const make = (plugins: readonly Use[], cacheDirectory = '/nonexistent') =>
  new Runtime({ plugins, log: recordingLog(), cacheDirectory });
const plugin = (name: string, apply: Plugin['apply'] = () => {}, further: Partial<Plugin> = {}): Use => [
  { name, api: 1, apply, ...further },
];

test('plugins are applied in their order, each with its options', () => {
  const applied: unknown[] = [];
  const noting = (name: string): Use[0] => ({
    name,
    api: 1,
    apply: (_: Host, options: unknown) => void applied.push([name, options]),
  });
  make([[noting('one'), { a: 1 }], [noting('two')]]);
  expect(applied).toEqual([
    ['one', { a: 1 }],
    ['two', {}],
  ]);
});

test('a plugin for another version of the interface is refused by name', () => {
  expect(() => make([plugin('future', undefined, { api: 2 as never })])).toThrow(
    'plugin future is written for version 2 of the plugin interface, and this is version 1',
  );
});

test('what a plugin needs must be loaded, before or after it', () => {
  const needy = plugin('needy', undefined, { needs: ['other'] });
  expect(() => make([needy])).toThrow(
    expect.objectContaining({
      sentence: 'plugin needy needs plugin other, which is not loaded; add it to plugins in runnc.config',
    }),
  );
  make([needy, plugin('other')]);
});

test('a plugin that fails to load is named', () => {
  const broken = plugin('broken', () => {
    throw new Error('no libc');
  });
  expect(() => make([broken])).toThrow(
    expect.objectContaining({ code: 'ERR_PLUGIN', message: 'plugin broken failed in apply: no libc' }),
  );
});

test('hooks that plugins tapped are known by name', () => {
  expect(make([]).tapped()).toEqual([]);
  const tapping = plugin('tapping', ({ hooks }) => {
    hooks.delete.tap('tapping', () => {});
    hooks.create.tapPromise('tapping', async () => {});
  });
  expect(make([tapping]).tapped()).toEqual(['create', 'delete']);
});

test('the processor is asked for once, and one that nobody knows is an error', async () => {
  let asked = 0;
  const arch = plugin('arch', ({ hooks }) =>
    hooks.architecture.tap('arch', (machine) => {
      asked += 1;
      return { name: machine } as Architecture;
    }),
  );
  const runtime = make([arch]);
  expect(await runtime.architecture()).toEqual({ name: process.arch });
  await runtime.architecture();
  expect(asked).toBe(1);
  await expect(make([]).architecture()).rejects.toThrow(`no plugin knows the processor ${process.arch}`);
});

test.skipIf(process.getuid?.() !== 0)('the cache of a plugin is a folder for root alone (needs root)', () => {
  const cache = mkdtempSync(join(tmpdir(), 'runnc-cache-'));
  onTestFinished(() => rmSync(cache, { recursive: true }));
  let folder = '';
  const caching = plugin('caching', (host) => {
    folder = host.cacheDirectory('filters');
  });
  make([caching], join(cache, 'deep', 'er'));
  expect(folder).toBe(join(cache, 'deep', 'er', 'filters'));
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});
