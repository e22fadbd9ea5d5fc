import { expect, test } from 'vitest';
import { makeHooks } from '../../core/lifecycle/runtime/hooks.ts';
import type { Container, DelegateReason, Host } from '../../core/plugin.ts';
import { recordingLog } from '../../core/testing/log.ts';
import delegateOci from './index.ts';

function ask(reason: DelegateReason, options: Parameters<typeof delegateOci.apply>[1]) {
  const hooks = makeHooks(recordingLog());
  delegateOci.apply({ hooks } as unknown as Host, options);
  return hooks.delegate.promise({} as Container, reason);
}

const runtime = process.execPath;

test.each([
  ['sandbox', {}, true],
  ['no unikernel', {}, false],
  ['sandbox', { delegate: 'all' }, true],
  ['no unikernel', { delegate: 'all' }, true],
  ['sandbox', { delegate: 'refuse' }, false],
  ['no unikernel', { delegate: 'refuse' }, false],
] as const)('%s with %j: %s', async (reason, options, taken) => {
  expect(await ask(reason, { ...options, runtime })).toEqual(taken ? { path: runtime } : undefined);
});

test('a runtime that cannot be run is named', async () => {
  await expect(ask('sandbox', { runtime: '/nonexistent/runc' })).rejects.toMatchObject({
    code: 'ERR_CONFIG',
    message: '/nonexistent/runc cannot be run',
  });
});
