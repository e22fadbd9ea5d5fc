import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import type { Plugin } from '../plugin.ts';
import { harness } from './harness.ts';

const temporary = mkdtempSync(path.join(tmpdir(), 'runnc-temporary-'));
vi.stubEnv('TMPDIR', temporary);
afterAll(() => rmSync(temporary, { recursive: true }));

const plugin: Plugin = {
  name: 'example',
  api: 1,
  options: { type: 'object', properties: { suffix: { type: 'string' } }, additionalProperties: false },
  apply() {},
};

test('nothing is left of a harness that is removed, nor of one that could not be made', async () => {
  const under = await harness(plugin, { options: { suffix: '?' } });
  expect(readdirSync(temporary)).toEqual([path.basename(under.folder)]);
  under.remove();
  await expect(harness(plugin, { options: { sufix: '?' } })).rejects.toThrow('sufix');
  expect(readdirSync(temporary)).toEqual([]);
});
