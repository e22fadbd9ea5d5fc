import { expect, test } from 'vitest';
import type { Container, Metadata, Plugin } from '../plugin.ts';
import { recordingLog } from '../testing/log.ts';
import { metadataOf } from './metadata.ts';
import { Runtime } from './runtime/runtime.ts';

function ask(said: Metadata | undefined, unikernel: string | undefined) {
  const plugin: Plugin = { name: 'test', api: 1, apply: ({ hooks }) => hooks.metadata.tap('test', () => said) };
  const runtime = new Runtime({ plugins: [[plugin]], log: recordingLog(), cacheDirectory: '/nonexistent' });
  return metadataOf(runtime, {} as Container, { unikernel });
}

const by = (who: 'annotation' | 'image'): Metadata => ({ program: '/p', unikernel: { name: 'mirage', by: who } });

test('without a word from the operator it is what was said', async () => {
  expect(await ask(undefined, undefined)).toEqual({});
  expect(await ask(by('image'), undefined)).toEqual(by('image'));
});

test('the operator overrules the image, and leaves the rest', async () => {
  expect(await ask(by('image'), 'rumprun')).toEqual({ program: '/p', unikernel: { name: 'rumprun', by: 'operator' } });
});

test('an annotation that contradicts the operator is refused', async () => {
  await expect(ask(by('annotation'), 'rumprun')).rejects.toMatchObject({ code: 'ERR_METADATA' });
  expect(await ask(by('annotation'), 'unikernel-mirage')).toMatchObject({ unikernel: { name: 'mirage' } });
});
