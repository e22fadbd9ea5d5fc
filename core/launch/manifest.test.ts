import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunncError } from '../errors.ts';
import { encodeManifest } from './elf.fixture.ts';
import { type AttachedDevice, fillManifest } from './fill-manifest.ts';
import { ENTRY_SIZE, entry, entryOffset, parseManifest } from './manifest.ts';

const two = [
  { name: 'service', kind: 'net' },
  { name: 'storage', kind: 'block' },
] as const;

/** The manifest of two devices with some of its bytes replaced. */
function changed(offset: number, ...bytes: number[]): Buffer {
  const manifest = encodeManifest(two);
  manifest.set(bytes, offset);
  return manifest;
}

const ends = (name: string) => [...Buffer.from(`${name}\0`)];

test('an entry has the size and the offsets of struct mft_entry in C', () => {
  // Printed by a C program that includes Solo5's mft_abi.h, on x86_64: sizeof and offsetof.
  expect(ENTRY_SIZE).toBe(104);
  expect(entry).toEqual({ name: 0, type: 68, capacity: 72, blockSize: 80, mac: 72, mtu: 78, hostfd: 88, attached: 96 });
  expect([entryOffset(0), entryOffset(1)]).toEqual([8, 112]);
});

test('devices are read with their handles', () => {
  expect(parseManifest(encodeManifest(two), '/hello').devices).toEqual([
    { name: 'service', kind: 'net', handle: 1 },
    { name: 'storage', kind: 'block', handle: 2 },
  ]);
});

test.each([
  ['its version is 2, only 1 is known', changed(0, 2)],
  ['it declares 0 entries, there can be 1 to 64', changed(4, 0)],
  ['it declares 65 entries, there can be 1 to 64', changed(4, 65)],
  ['it declares 4294967295 entries, there can be 1 to 64', changed(4, 255, 255, 255, 255)],
  ['it has 320 bytes where 4 entries need 424', changed(4, 4)],
  ['it has 321 bytes where 3 entries need 320', Buffer.concat([encodeManifest(two), Buffer.alloc(1)])],
  ['it has 7 bytes, less than its header of 8', encodeManifest(two).subarray(0, 7)],
  ['entry 0 must be reserved and nameless (its type is 0x1)', changed(8 + entry.type, 1, 0, 0, 0)],
  ['entry 0 must be reserved and nameless (its type is 0x40000000)', changed(8, 65)],
  ['entry 1 says that it is attached already', changed(entryOffset(1) + entry.attached, 1)],
  ['the name of entry 1 does not end within 68 bytes', changed(entryOffset(1), ...Array(68).fill(65))],
  ['the name of entry 1, "", is not made of letters and digits', changed(entryOffset(1), 0)],
  ['the name of entry 2, "../x", is not made of letters and digits', changed(entryOffset(2), ...ends('../x'))],
  ['the name of entry 2, "x\\n", is not made of letters and digits', changed(entryOffset(2), ...ends('x\n'))],
  ['two devices have the name "service"', changed(entryOffset(2), ...ends('service'))],
  ['device "storage" is of the unknown type 0x3', changed(entryOffset(2) + entry.type, 3)],
])('ERR_MANIFEST: %s', (sentence, bytes) => {
  expect(() => parseManifest(bytes, '/hello')).toThrow(`program "/hello" has a Solo5 manifest that is not valid: ${sentence}`);
});

const name = fc.stringMatching(/^[A-Za-z0-9]{1,67}$/);
const declared = fc.record({ name, kind: fc.constantFrom('block' as const, 'net' as const) });
const manifests = fc.uniqueArray(declared, { selector: (device) => device.name, maxLength: 63 });

test('every manifest that can be declared is read as it was written', () => {
  fc.assert(
    fc.property(manifests, (devices) => {
      const parsed = parseManifest(encodeManifest(devices), '/hello');
      expect(parsed.devices).toEqual(devices.map((device, index) => ({ ...device, handle: index + 1 })));
    }),
  );
});

test('a filled manifest says of every device what was attached, and nothing else has changed', () => {
  const details = fc.record({
    fd: fc.nat(0x7fffffff),
    blocks: fc.integer({ min: 1, max: 2 ** 38 - 1 }),
    blockSize: fc.constantFrom(512, 4096, 32768),
    mac: fc.uint8Array({ minLength: 6, maxLength: 6 }),
    mtu: fc.integer({ min: 1, max: 65535 }),
    noise: fc.uint8Array({ minLength: 24, maxLength: 24 }),
  });
  fc.assert(
    fc.property(manifests, fc.array(details, { minLength: 63, maxLength: 63 }), (devices, all) => {
      const before = encodeManifest(devices);
      const attached = devices.map(({ kind, name }, index): AttachedDevice => {
        const { fd, blocks, blockSize, mac, mtu, noise } = all[index] as (typeof all)[number];
        before.set(noise, entryOffset(index + 1) + 72); // both unions, which the file need not initialise
        const address = [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
        return kind === 'net'
          ? { kind, name, fd, mac: address, mtu }
          : { kind, name, fd, capacity: blocks * blockSize, blockSize };
      });
      const after = Buffer.from(fillManifest(parseManifest(before, '/hello'), attached.toReversed()));
      expect(after.length).toBe(before.length);
      expect(after.subarray(0, entryOffset(1)).equals(before.subarray(0, entryOffset(1)))).toBe(true);
      for (const [index, device] of attached.entries()) {
        const at = entryOffset(index + 1);
        expect(after.subarray(at, at + 72).equals(before.subarray(at, at + 72))).toBe(true);
        if (device.kind === 'block') {
          expect([after.readBigUInt64LE(at + 72), after.readUInt16LE(at + 80)]).toEqual([
            BigInt(device.capacity),
            device.blockSize,
          ]);
        } else {
          expect(after.toString('hex', at + 72, at + 78)).toBe(device.mac.replaceAll(':', ''));
          expect(after.readUInt16LE(at + 78)).toBe(device.mtu);
          expect(after.readBigUInt64LE(at + 80)).toBe(0n);
        }
        expect([after.readBigUInt64LE(at + 88), after.readBigUInt64LE(at + 96)]).toEqual([BigInt(device.fd), 1n]);
      }
    }),
    { numRuns: 50 },
  );
});

test('filling leaves the manifest that was parsed as it is', () => {
  const manifest = parseManifest(encodeManifest([two[0]]), '/hello');
  const before = Buffer.from(manifest.bytes);
  fillManifest(manifest, [{ kind: 'net', name: 'service', fd: 3, mac: '02:00:00:00:00:01', mtu: 1500 }]);
  expect(before.equals(manifest.bytes)).toBe(true);
});

const net = { kind: 'net', name: 'service', fd: 3, mac: '02:00:00:00:00:01', mtu: 1500 } as const;
const block = { kind: 'block', name: 'storage', fd: 4, capacity: 1024, blockSize: 512 } as const;

test.each<[string, AttachedDevice[]]>([
  ['the unikernel declares the block device "storage", but there is none for it', [net]],
  ['the unikernel does not declare the device "other"', [net, block, { ...net, name: 'other' }]],
  ['device "storage" is attached twice', [net, block, block]],
  ['device "storage" is declared as block and attached as net', [net, { ...net, name: 'storage' }]],
  ['block device "storage" has blocks of 513 bytes', [net, { ...block, blockSize: 513 }]],
  ['block device "storage" has blocks of 65536 bytes', [net, { ...block, blockSize: 65536 }]],
  ['block device "storage" has 1000 bytes, not a whole number of blocks of 512 bytes', [net, { ...block, capacity: 1000 }]],
  ['block device "storage" has 0 bytes, not a whole number of blocks of 512 bytes', [net, { ...block, capacity: 0 }]],
  ['network device "service" has the address "02:00:00:00:00", not six bytes', [{ ...net, mac: '02:00:00:00:00' }, block]],
  ['network device "service" has an MTU of 65536', [{ ...net, mtu: 65536 }, block]],
  ['device "service" has the descriptor -1', [{ ...net, fd: -1 }, block]],
])('ERR_DEVICE: %s', (sentence, attached) => {
  const fill = () => fillManifest(parseManifest(encodeManifest(two), '/hello'), attached);
  expect(fill).toThrow(RunncError);
  expect(fill).toThrow(sentence);
});
