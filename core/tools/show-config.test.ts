import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Context } from '../lifecycle/context.ts';
import { show } from './show-config.ts';

const asRoot = process.getuid?.() === 0;

test.runIf(asRoot)('each setting has its source, also those that are merged key by key', async () => {
  // Not in /tmp: a folder that everybody can write to is not trusted.
  const folder = mkdtempSync('/run/runnc-show-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'runnc.config.json');
  const small = { memory: '16MiB', tender: { preferred: 'hvt' }, options: { 'network-tap': { mode: 'routed' } } };
  const options = { 'network-tap': { mode: 'redirect', unmatched: 'ignore' } };
  writeFileSync(file, JSON.stringify({ tender: { allowed: ['spt', 'hvt'] }, options, profiles: { small } }), { mode: 0o600 });
  const rows: { key: string; value: unknown; from: string }[] = JSON.parse(
    await show({ config: file, profile: 'small' } as Context, true),
  );
  const of = (wanted: string) => rows.find(({ key }) => key === wanted);
  expect(of('memory')).toEqual({ key: 'memory', value: 16 << 20, from: expect.stringContaining('small') });
  expect(of('tender.preferred')).toEqual({ key: 'tender.preferred', value: 'hvt', from: expect.stringContaining('small') });
  expect(of('tender.allowed')).toEqual({ key: 'tender.allowed', value: ['spt', 'hvt'], from: file });
  expect(of('options.network-tap.mode')).toMatchObject({ value: 'routed', from: expect.stringContaining('small') });
  expect(of('options.network-tap.unmatched')).toMatchObject({ value: 'ignore', from: file });
  expect(of('hugePages')).toEqual({ key: 'hugePages', value: false, from: 'built in' });
});
