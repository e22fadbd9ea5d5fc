import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Config } from './config.ts';
import { configFor, fits } from './container-settings.ts';
import { defaults } from './defaults.ts';

const container = (annotations: Record<string, string> = {}, program = '/app') => ({ annotations, args: [program] });
const config = (values: Partial<Config>): Config => ({ ...defaults, ...values });

test('rules are applied in order, and an allowed annotation wins over all of them', () => {
  const rules = config({
    images: [
      { match: { program: '/a*' }, use: { memory: 1, rootfs: 'rootfs-iso' } },
      { match: { image: 'mirage/*' }, use: { memory: 2 } },
      { match: { annotations: { tier: 'gold' } }, use: { memory: 3 } },
    ],
    allowAnnotations: ['memory'],
  });
  const memoryOf = (annotations: Record<string, string>, program?: string) =>
    configFor(rules, container(annotations, program)).memory;
  expect(memoryOf({}, '/b')).toBe(defaults.memory);
  expect(memoryOf({})).toBe(1);
  expect(memoryOf({ 'io.kubernetes.cri.image-name': 'mirage/dns' })).toBe(2);
  expect(memoryOf({ 'io.kubernetes.cri.image-name': 'mirage/dns', tier: 'gold' })).toBe(3);
  expect(memoryOf({ tier: 'gold', 'org.runnc.memory': '64m' })).toBe(64 * 2 ** 20);
  expect(configFor(rules, container()).rootfs).toBe('rootfs-iso');
});

test.each(['memory', 'hugePages', 'tender', 'unikernel', 'rootfs', 'network'])(
  'the annotation for %s is refused unless allowed',
  (name) => {
    expect(() => configFor(defaults, container({ [`org.runnc.${name}`]: 'x' }))).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: `the annotation org.runnc.${name} is not allowed` }),
    );
  },
);

test('an annotation cannot ask for a tender that is not allowed, nor set nonsense', () => {
  const allowing = config({
    allowAnnotations: ['tender', 'memory', 'hugePages'],
    tender: { preferred: undefined, allowed: ['spt'] },
  });
  expect(() => configFor(allowing, container({ 'org.runnc.tender': 'qemu' }))).toThrow('which runnc.config does not allow');
  expect(configFor(allowing, container({ 'org.runnc.tender': 'spt' })).tender).toEqual({ preferred: 'spt', allowed: ['spt'] });
  expect(() => configFor(allowing, container({ 'org.runnc.memory': 'lots' }))).toThrow('org.runnc.memory: "lots" is not a size');
  expect(() => configFor(allowing, container({ 'org.runnc.hugePages': 'yes' }))).toThrow('must be true or false, not "yes"');
});

test('no annotation names plugins, whatever is allowed', () => {
  const allowing = config({ allowAnnotations: ['plugins', 'options', 'cacheDirectory'] });
  const annotations = { 'org.runnc.plugins': '/tmp/evil.js', 'org.runnc.options': '{}', 'org.runnc.cacheDirectory': '/tmp' };
  expect(configFor(allowing, container(annotations))).toEqual(allowing);
});

test.each([
  ['*', '', true],
  ['a*b*c', 'a/x/b//c', true],
  ['a*b*c', 'abbc', true],
  ['a*b', 'ab', true],
  ['ab*ba', 'aba', false],
  ['a.c', 'abc', false],
  ['a', 'ab', false],
  ['', '', true],
  ['**a', 'ba', true],
])('%s fits %s: %s', (pattern, text, expected) => {
  expect(fits(pattern, text)).toBe(expected);
});

test('patterns fit as the regular expression that they stand for', () => {
  const few = fc.string({ unit: fc.constantFrom('a', 'b', '*') });
  fc.assert(
    fc.property(few, few, (pattern, text) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
      expect(fits(pattern, text)).toBe(expression.test(text));
    }),
  );
});
