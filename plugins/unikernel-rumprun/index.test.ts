/** What is taken for rumprun. */
import { expect, test } from 'vitest';
import { makeHooks } from '../../core/lifecycle/runtime/hooks.ts';
import type { Container, DeclaredDevice, Host, Metadata, Program } from '../../core/plugin.ts';
import { recordingLog } from '../../core/testing/log.ts';
import rumprun from './index.ts';

interface Case {
  readonly path?: string;
  readonly devices?: readonly DeclaredDevice[];
  readonly metadata?: Metadata;
}

function recognise({ path = '/app', devices, metadata = {} }: Case) {
  const log = recordingLog();
  const hooks = makeHooks(log);
  rumprun.apply({ hooks, log, abiOf: () => (devices ? 'spt' : 'legacy-spt') } as unknown as Host);
  const solo5 = devices
    ? { abi: { target: 2, version: 1 }, manifest: { bytes: new Uint8Array(8), devices } }
    : { abi: undefined };
  return hooks.unikernel.promise({ path, solo5 } as Program, { args: [path], metadata } as unknown as Container);
}

const device = (kind: 'block' | 'net', name: string): DeclaredDevice => ({ kind, name, handle: 1 });
const both = [device('block', 'rootfs'), device('net', 'tap')];

test.each([
  ['a program of 2018', {}, true],
  ['exactly the devices rootfs and tap', { devices: both }, true],
  ['other devices', { devices: [device('net', 'service')] }, false],
  ['one more device', { devices: [...both, device('net', 'service')] }, false],
  ['no devices', { devices: [] }, false],
  ['NAME.nabla', { path: '/app.nabla', devices: [] }, true],
  ['what is said to be rumprun', { devices: [], metadata: { unikernel: { name: 'rumprun', by: 'image' } } }, true],
  ['what is said to be something else', { metadata: { unikernel: { name: 'solo5', by: 'image' } } }, false],
] as const)('%s: %s', async (_what, program, taken) => {
  expect((await recognise(program))?.name).toBe(taken ? 'rumprun' : undefined);
});

test.each([
  ['/node.nabla', true],
  ['/bin/node', true],
  ['/nodes', false],
  ['/python', false],
])('%s needs an executable heap: %s', async (path, needs) => {
  expect(await recognise({ path })).toMatchObject({ executableHeap: needs });
});
