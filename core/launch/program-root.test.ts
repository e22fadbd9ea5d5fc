import { expect, test } from 'vitest';
import { MS } from './calls.ts';
import { mountProgramRoot, type RootEntry } from './program-root.ts';

const entries: readonly RootEntry[] = [
  { source: '/usr', target: '/usr', kind: 'folder', readOnly: true },
  { source: '/dev/kvm', target: '/dev/kvm', kind: 'device', readOnly: true },
  { source: '/images/a', target: '/block/disk', kind: 'file', readOnly: false },
];
const ops = mountProgramRoot('/run/x', entries);
const calls = (name: string) => ops.filter(({ call }) => call === name).map(({ args }) => args);

test('folders are made from the top, and a file wherever one is bound to', () => {
  expect(calls('mkdirat').map(([, path]) => path)).toEqual(['/run/x/block', '/run/x/dev', '/run/x/usr']);
  expect(calls('mknodat').map(([, path]) => path)).toEqual(['/run/x/dev/kvm', '/run/x/block/disk']);
});

test('nothing can be written but what is said to be, no device is one but what is named, and no program gains a right', () => {
  const last = new Map(calls('mount').map(([, target, , flags]) => [target, flags as number]));
  const has = (target: string, flag: number) => ((last.get(target) ?? 0) & flag) !== 0;
  const kinds = ['', '/usr', '/dev/kvm', '/block/disk'].map((target) => `/run/x${target}`);
  expect(kinds.map((target) => has(target, MS.noSuid))).toEqual([true, true, true, true]);
  expect(kinds.map((target) => has(target, MS.readOnly))).toEqual([true, true, true, false]);
  expect(kinds.map((target) => has(target, MS.noDev))).toEqual([true, true, false, true]);
});
