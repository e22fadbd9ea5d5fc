import { expect, test } from 'vitest';
import type { TapePlan } from '../plugin.ts';
import * as calls from './calls.ts';
import { endingSignals } from './init/launcher.ts';
import { descriptor } from './protocol.ts';
import { completePolicy, tenderTape } from './tender-tape.ts';
import { architecture } from './testing/play.ts';

const plan: TapePlan = {
  kind: 'tape',
  ops: [calls.call('getpid', [], { label: 'what the tender planned' })],
  segments: [],
  entry: 0n,
  stack: 0n,
  argument: 0n,
  policy: [],
};
const filter = new Uint8Array(8);
const labelsOf = (profile: { program: Uint8Array; flags: number } | undefined) =>
  tenderTape({ plan, architecture, name: 'guest', filter, profile }).labels;

test('the plan comes after the signals are set, and before everything is unmapped, said and forbidden', () => {
  expect(labelsOf(undefined)).toEqual([
    'naming the process',
    ...endingSignals.map((signal) => `setting what signal ${signal} does`),
    'what the tender planned',
    'unmapping what execve left',
    'telling the runtime',
    'installing the system call filter',
    'closing a descriptor',
  ]);
});

test("the bundle's own profile is installed before the filter, which forbids installing more", () => {
  const labels = labelsOf({ program: filter, flags: 0 });
  expect(labels.slice(-3)).toEqual([
    "installing the bundle's seccomp profile",
    'installing the system call filter',
    'closing a descriptor',
  ]);
});

test('a policy is complete with the last thing that the tape does', () => {
  expect(completePolicy([{ call: 'exit_group' }])).toEqual([
    { call: 'exit_group' },
    { call: 'close', when: [{ arg: 0, op: '==', value: descriptor.report }] },
  ]);
});
