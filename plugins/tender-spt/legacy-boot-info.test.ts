import { expect, test } from 'vitest';
import { bootInfoAddress, memoryStart } from './boot-info.ts';
import { legacyLowMemory } from './legacy-boot-info.ts';

const plain = { memory: 2 ** 29, programEnd: 0x300000, commandLine: 'a "b"', disk: undefined, net: undefined };
const words = (options: Partial<Parameters<typeof legacyLowMemory>[0]>) =>
  Buffer.from(legacyLowMemory({ ...plain, ...options })).subarray(bootInfoAddress - memoryStart);

test('memory, end of the program and the command line on a page of its own', () => {
  const info = words({});
  expect([0, 8, 16].map((at) => info.readBigUInt64LE(at))).toEqual([2n ** 29n, 0x300000n, 0x12000n]);
  expect(info.subarray(0x1000).toString()).toBe('a "b"\0');
  expect(info.subarray(24, 0x1000).every((byte) => byte === 0)).toBe(true);
});

test('disk and network device, 72 bytes in all', () => {
  const info = words({ disk: { fd: 5, capacity: 4096, blockSize: 512 }, net: { fd: 6, mac: '02:42:ac:11:00:ff' } });
  expect([info.readInt32LE(24), info.readInt32LE(48)]).toEqual([1, 5]);
  expect([info.readBigUInt64LE(32), info.readBigUInt64LE(40)]).toEqual([4096n, 512n]);
  expect([info.readInt32LE(56), info.readInt32LE(68)]).toEqual([1, 6]);
  expect(info.subarray(60, 66)).toEqual(Buffer.from([2, 0x42, 0xac, 0x11, 0, 0xff]));
  expect(info.subarray(72, 0x1000).every((byte) => byte === 0)).toBe(true);
});
