import { expect, test } from 'vitest';
import { parseSpec } from './bundle.ts';
import { checkSpec } from './checks.ts';
import { defaultSpec } from './default-spec.ts';
import { features } from './features.ts';
import type { NamespaceType } from './types.ts';
import { uint64 } from './uint64.ts';

test('the spec that is written is one that is accepted', () => {
  expect(parseSpec(JSON.stringify(defaultSpec()))).toEqual(defaultSpec());
});

test('both versions named are accepted', () => {
  const { ociVersionMin, ociVersionMax } = features();
  for (const ociVersion of [ociVersionMin, ociVersionMax]) checkSpec({ ...defaultSpec(), ociVersion });
});

test('each namespace named is accepted, and the one that is not named is not', () => {
  const spec = (type: string) => ({ ...defaultSpec(), hostname: '', linux: { namespaces: [{ type: type as NamespaceType }] } });
  for (const type of features().linux.namespaces) checkSpec(spec(type));
  expect(() => checkSpec(spec('user'))).toThrow('not supported');
});

test('each action and operator named is accepted', () => {
  const { actions, operators, archs } = features().linux.seccomp;
  const syscalls = actions.flatMap((action) =>
    operators.map((op) => ({ names: ['read'], action, args: [{ index: 0, value: 0, op }] })),
  );
  const seccomp = { defaultAction: 'SCMP_ACT_ERRNO', architectures: archs, syscalls };
  parseSpec(JSON.stringify({ ...defaultSpec(), linux: { ...defaultSpec().linux, seccomp } }));
});

test('annotations are passed on', () => {
  expect(features({ 'org.example.version': '1' }).annotations).toEqual({ 'org.example.version': '1' });
});

test('the largest number of 64 bits survives its rounding', () => {
  expect(uint64(JSON.parse('18446744073709551615'))).toBe(0xffff_ffff_ffff_ffffn);
  expect(uint64(1024)).toBe(1024n);
});
