import { expect, test } from 'vitest';
import type { DeviceRule } from '../../oci/resources-types.ts';
import { completeRules, defaultDevices, deviceWrites } from './devices.ts';

const lines = (rules: readonly DeviceRule[]) =>
  deviceWrites(completeRules(rules)).map(({ file, value }) => `${file.slice(8)} ${value}`);

test('without rules everything is denied', () => {
  expect(lines([])).toEqual(['deny a']);
});

test('Docker’s rules and the default devices become one list without repetition', () => {
  const docker: DeviceRule[] = [
    { allow: false, access: 'rwm' },
    { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' },
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rw' },
    { allow: true, type: 'c', major: 10, minor: 229, access: 'rwm' },
  ];
  const result = lines([...docker, ...defaultDevices]);
  expect(result[0]).toBe('deny a');
  expect(result).toHaveLength(1 + defaultDevices.length + 1);
  expect(new Set(result).size).toBe(result.length);
  expect(result).toContain('allow c 1:3 rwm');
  expect(result).toContain('allow c *:* m');
  expect(result).toContain('allow c 10:229 rwm');
});

test('a rule for everything sets aside those before it', () => {
  const rules: DeviceRule[] = [
    { allow: true, type: 'c', major: 1 },
    { allow: true },
    { allow: false, type: 'b', major: 8, minor: -1 },
  ];
  expect(lines(rules)).toEqual(['allow a', 'deny b 8:* rwm']);
});

test('a rule for both kinds that is not for everything becomes two', () => {
  expect(lines([{ allow: true, access: 'm' }])).toEqual(['deny a', 'allow b *:* m', 'allow c *:* m']);
});

test('taking back what was allowed leaves the rest', () => {
  const rules: DeviceRule[] = [
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
    { allow: true, type: 'c', major: 1, minor: 5, access: 'r' },
    { allow: false, type: 'c', major: 1, access: 'r' },
  ];
  expect(lines(rules)).toEqual(['deny a', 'allow c 1:3 wm']);
});

test('a hole that the kernel would quietly not make is an error', () => {
  const rules: DeviceRule[] = [
    { allow: true, type: 'c', major: 1 },
    { allow: false, type: 'c', major: 1, minor: 3, access: 'w' },
  ];
  expect(() => lines(rules)).toThrow('device rule deny c 1:3 w is an exception to c 1:* rwm, which cgroup v1 cannot express');
});

test.each([{ type: 'x' }, { access: '' }, { access: 'rx' }])('%j is not a rule', (rule) => {
  expect(() => completeRules([{ allow: true, ...rule } as DeviceRule])).toThrow(/is not valid/);
});
