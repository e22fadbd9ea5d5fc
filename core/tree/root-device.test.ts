import { expect, test } from 'vitest';
import type { Unikernel } from '../plugin.ts';
import { isRootDevice } from './root-device.ts';

test('the root is the device of that name, or the only one if it must be there', () => {
  const unikernel = (...devices: { name: string; optional?: true }[]) =>
    ({ devices: devices.map((device, handle) => ({ kind: 'block', handle, ...device })) }) as unknown as Unikernel;
  expect(isRootDevice('storage', unikernel({ name: 'storage' }))).toBe(true);
  expect(isRootDevice('storage', unikernel({ name: 'storage', optional: true }))).toBe(false);
  expect(isRootDevice('storage', unikernel({ name: 'storage' }, { name: 'rootfs' }))).toBe(false);
  expect(isRootDevice('storage', unikernel({ name: 'storage' }, { name: 'rootfs' }), 'storage')).toBe(true);
});
