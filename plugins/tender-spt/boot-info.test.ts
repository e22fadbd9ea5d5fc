import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bootInfoAddress, lowMemory, memoryStart } from './boot-info.ts';

test('whatever manifest and command line, the guest finds both by their addresses', () => {
  const manifest = fc.uint8Array({ minLength: 8, maxLength: 500 });
  const commandLine = fc.string({ unit: 'grapheme', maxLength: 300 }).map((text) => text.replaceAll('\0', ''));
  fc.assert(
    fc.property(manifest, commandLine, fc.nat(2 ** 31 - 1), (manifest, commandLine, timer) => {
      const bytes = Buffer.from(lowMemory({ memory: 2 ** 40, programEnd: 0x200000, waitSet: 5, timer, manifest, commandLine }));
      const at = bootInfoAddress - memoryStart;
      // struct spt_boot_info of Solo5's include/spt_abi.h.
      expect(bytes.readBigUInt64LE(at)).toBe(2n ** 40n);
      expect(bytes.readBigUInt64LE(at + 8)).toBe(0x200000n);
      const text = Number(bytes.readBigUInt64LE(at + 16)) - memoryStart;
      const table = Number(bytes.readBigUInt64LE(at + 24)) - memoryStart;
      expect([bytes.readInt32LE(at + 32), bytes.readInt32LE(at + 36)]).toEqual([5, timer]);
      expect(bytes.toString('utf8', text, bytes.indexOf(0, text))).toBe(commandLine);
      expect(bytes.subarray(table, table + manifest.length)).toEqual(Buffer.from(manifest));
      expect(table % 8).toBe(0);
      // Nothing lies over anything else.
      expect([at + 40 <= table, table + manifest.length <= text]).toEqual([true, true]);
      expect(bytes.subarray(0, at).every((byte) => byte === 0)).toBe(true);
    }),
  );
});
