import { expect, test } from 'vitest';
import { makeHooks } from '../../core/lifecycle/runtime/hooks.ts';
import type { Container, Host, Manifest, Metadata, Program } from '../../core/plugin.ts';
import { recordingLog } from '../../core/testing/log.ts';
import solo5 from './index.ts';

const manifest: Manifest = { bytes: new Uint8Array(8), devices: [{ name: 'disk', kind: 'block', handle: 1 }] };

interface Case {
  readonly abi?: ReturnType<Host['abiOf']>;
  readonly args?: readonly string[];
  readonly metadata?: Metadata;
  readonly manifest?: Manifest | undefined;
}

function recognise({ abi = 'spt', args = ['/hello'], metadata = {}, ...rest }: Case) {
  const log = recordingLog();
  const hooks = makeHooks(log);
  solo5.apply({ hooks, log, abiOf: () => abi } as unknown as Host);
  const program = { path: '/hello', solo5: { abi: undefined, manifest, ...rest } } as Program;
  return hooks.unikernel.promise(program, { args, metadata } as Container);
}

test.each(['spt', 'hvt'] as const)('what speaks the %s ABI is Solo5, with the devices of its manifest', async (abi) => {
  expect(await recognise({ abi })).toMatchObject({ name: 'solo5', abi, devices: manifest.devices, commandLine: '' });
});

test('one of 2018 may have a disk and a network device, and need not', async () => {
  expect(await recognise({ abi: 'legacy-spt', manifest: undefined })).toMatchObject({
    devices: [
      { kind: 'block', optional: true },
      { kind: 'net', optional: true },
    ],
  });
});

test('the command line is the arguments after the program, joined by single blanks', async () => {
  const unikernel = await recognise({ args: ['/hello', 'a b', '', '{"c":  1}'] });
  expect(unikernel?.commandLine).toBe('a b  {"c":  1}');
});

test('a program that is said to be something else is not for this plugin', async () => {
  expect(await recognise({ metadata: { unikernel: { name: 'mirage', by: 'image' } } })).toBeUndefined();
  expect(await recognise({ metadata: { unikernel: { name: 'solo5', by: 'image' } } })).toMatchObject({ name: 'solo5' });
});
