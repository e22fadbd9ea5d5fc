import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Container } from '../plugin.ts';
import { type Prepared, readPrepared, writePrepared } from './prepared.ts';

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'runnc-prepared-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

const container = { id: 'one', args: ['/guest', 'a "b"'], env: ['A=\ud800'], annotations: {} } as unknown as Container;
const config = { memory: 2 ** 29, plugins: [], options: {} } as unknown as Prepared['config'];
const unikernel = { name: 'solo5', abi: 'spt', devices: [], commandLine: 'a "b"' };
const segment = { offset: 0, address: 0x100000, fileSize: 1, memorySize: 2, readable: true, writable: false, executable: true };

test('comes back as it was, large numbers and bytes too', () => {
  const directory = folder();
  const arbitrary = fc.record({
    entry: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    bytes: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
    interpreter: fc.option(fc.string(), { nil: undefined }),
  });
  fc.assert(
    fc.property(arbitrary, ({ entry, bytes, interpreter }) => {
      const program: Prepared['program'] = {
        path: '/guest',
        size: 2 ** 40,
        elf: { type: 2, machine: 62, entry, interpreter, segments: [segment] },
        solo5: {
          abi: bytes && { target: 4, version: 1 },
          manifest: bytes && { bytes, devices: [{ name: 'service', kind: 'net', handle: 1 }] },
        },
      };
      const prepared: Prepared = { container, config, program, unikernel, profile: undefined };
      writePrepared(directory, prepared);
      const read = readPrepared(directory);
      expect(read).toEqual({
        ...prepared,
        program: { ...program, solo5: { ...program.solo5, manifest: program.solo5.manifest && expect.anything() } },
      });
      expect(read.program.solo5.manifest && Uint8Array.from(read.program.solo5.manifest.bytes)).toEqual(bytes);
    }),
  );
});
