import { expect, test } from 'vitest';
import type { Elf, Program, Segment, Solo5Notes } from '../plugin.ts';
import { abiOf } from './solo5-abi.ts';

const manifest: Solo5Notes['manifest'] = { bytes: new Uint8Array(8), devices: [] };
const segment = (address: number): Segment => ({
  ...{ offset: 0, fileSize: 1, memorySize: 1, readable: true, writable: true, executable: true },
  address,
});
const elf = (change: Partial<Elf> = {}): Elf => ({
  ...{ type: 2, machine: 62, entry: 0n, interpreter: undefined, segments: [segment(0x100000)] },
  ...change,
});
type Case = Partial<Pick<Program, 'path' | 'elf'> & Solo5Notes> & { readonly tender?: string };
const ask = ({ path = '/hello', elf: headers = elf(), abi, tender, ...rest }: Case) =>
  abiOf({ path, elf: headers, solo5: { abi, manifest: 'manifest' in rest ? rest.manifest : undefined } }, tender);

test.each([
  [1, 1, 'hvt'],
  [1, 2, 'hvt'],
  [2, 1, 'spt'],
  [2, 2, 'spt'],
  [3, 1, 'virtio'],
])('target %i, version %i is %s', (target, version, abi) => {
  expect(ask({ abi: { target, version }, manifest })).toBe(abi);
});

test.each([
  [4, 2, '"/hello" is a Solo5 unikernel for muen; build it for spt or hvt'],
  [99, 2, '"/hello" is a Solo5 unikernel for target 99; build it for spt or hvt'],
  [2, 3, '"/hello" speaks version 3 of the Solo5 spt ABI, and runnc speaks 1 and 2; build it with Solo5 0.6 to 0.12'],
])('target %i, version %i is refused with a sentence', (target, version, sentence) => {
  expect(() => ask({ abi: { target, version }, manifest })).toThrow(expect.objectContaining({ sentence }));
});

test('a note without a manifest is refused', () => {
  expect(() => ask({ abi: { target: 2, version: 2 } })).toThrow(expect.objectContaining({ code: 'ERR_MANIFEST' }));
});

test.each([
  ['linked where Solo5 links', {}, 'legacy-spt'],
  ['linked higher', { elf: elf({ segments: [segment(0x400000)] }) }, undefined],
  ['linked higher and named .nabla', { elf: elf({ segments: [segment(0x400000)] }), path: '/node.nabla' }, 'legacy-spt'],
  ['linked lower and named .nabla', { elf: elf({ segments: [segment(0x1000)] }), path: '/node.nabla' }, undefined],
  ['without segments', { elf: elf({ segments: [] }) }, undefined],
  ['position-independent', { elf: elf({ type: 3 }) }, undefined],
  ['dynamically linked', { elf: elf({ interpreter: '/lib/ld.so' }) }, undefined],
  ['with a manifest', { manifest }, undefined],
  ['named .hvt', { path: '/hello.hvt' }, 'legacy-hvt'],
  ['named .hvt and said to be for spt', { path: '/hello.hvt', tender: 'spt' }, 'legacy-spt'],
  ['said to be for hvt', { tender: 'hvt' }, 'legacy-hvt'],
  [
    'named .ukvm and linked where IncludeOS links',
    { elf: elf({ segments: [segment(0x200000)] }), path: '/app.ukvm' },
    'legacy-hvt',
  ],
  [
    'named .hvt and linked where Linux programs are',
    { elf: elf({ segments: [segment(0x400000)] }), path: '/app.hvt' },
    undefined,
  ],
] as const)('without a note, %s', (_what, program, abi) => {
  expect(ask(program)).toBe(abi);
});
