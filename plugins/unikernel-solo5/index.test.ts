import { expect, test } from 'vitest';
import { makeHooks } from '../../core/lifecycle/hooks.ts';
import type { Container, Host, Program, Solo5Notes } from '../../core/plugin.ts';
import { recordingLog } from '../../core/testing/log.ts';
import solo5 from './index.ts';

const manifest: Solo5Notes['manifest'] = { bytes: new Uint8Array(8), devices: [{ name: 'disk', kind: 'block', handle: 1 }] };

function recognise(notes: Partial<Solo5Notes>, args: readonly string[] = ['/hello']) {
  const log = recordingLog();
  const hooks = makeHooks(log);
  solo5.apply({ hooks, log } as unknown as Host);
  const program = { path: '/hello', solo5: { abi: undefined, manifest, ...notes } } as Program;
  return hooks.unikernel.promise(program, { args } as Container);
}

test('what has no ABI note is not for this plugin', async () => {
  expect(await recognise({})).toBeUndefined();
});

test.each([
  [1, 1, 'hvt'],
  [1, 2, 'hvt'],
  [2, 1, 'spt'],
  [2, 2, 'spt'],
])('target %i, version %i is Solo5 for %s, with the devices of its manifest', async (target, version, abi) => {
  expect(await recognise({ abi: { target, version } })).toEqual({
    name: 'solo5',
    abi,
    devices: manifest?.devices,
    commandLine: '',
  });
});

test('the command line is the arguments after the program, joined by single blanks', async () => {
  const unikernel = await recognise({ abi: { target: 2, version: 2 } }, ['/hello', 'a b', '', '{"c":  1}']);
  expect(unikernel?.commandLine).toBe('a b  {"c":  1}');
});

test.each([
  [3, 2, 'ERR_NOT_A_UNIKERNEL: /hello is a Solo5 unikernel for virtio; build it for spt or hvt'],
  [99, 2, 'ERR_NOT_A_UNIKERNEL: /hello is a Solo5 unikernel for target 99; build it for spt or hvt'],
  [
    2,
    3,
    'ERR_NOT_A_UNIKERNEL: /hello speaks version 3 of the Solo5 spt ABI, and runnc speaks 1 and 2; build it with Solo5 0.6 to 0.12',
  ],
])('target %i, version %i is refused with a sentence', async (target, version, sentence) => {
  const refusal = await recognise({ abi: { target, version } }).catch((error) => `${error.code}: ${error.sentence}`);
  expect(refusal).toBe(sentence);
});

test('a Solo5 program without a manifest is refused', async () => {
  await expect(recognise({ abi: { target: 2, version: 2 }, manifest: undefined })).rejects.toMatchObject({
    code: 'ERR_MANIFEST',
  });
});
