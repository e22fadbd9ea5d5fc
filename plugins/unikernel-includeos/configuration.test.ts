/** The network that is built into a program, from the section that gcc and objcopy-like tools make, and from hostile files. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execaSync } from 'execa';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { NetworkDevice } from '../../core/plugin.ts';
import { builtInOf, mismatch } from './configuration.ts';

function ask(bytes: Uint8Array) {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'program');
  writeFileSync(file, bytes);
  const fd = openSync(file, 'r');
  try {
    return builtInOf({ fd, size: bytes.length });
  } finally {
    closeSync(fd);
  }
}

/** A relocatable file with a section `.config`, as `objcopy --rename-section .data=.config` makes them. */
function withConfig(json: string, bits: 32 | 64): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const source = path.join(folder, 'config.S');
  writeFileSync(path.join(folder, 'config.json'), json);
  writeFileSync(source, '.section .config, "a"\n.incbin "config.json"\n');
  execaSync('as', [`--${bits}`, '-o', 'config.o', source], { cwd: folder });
  return readFileSync(path.join(folder, 'config.o'));
}

const net = (first: object) =>
  JSON.stringify({
    net: [
      { iface: 1, config: 'dhcp' },
      { iface: 0, ...first },
    ],
  });

test.each([32, 64] as const)('of a program of %i bits', (bits) => {
  const fixed = { config: 'static', address: '10.0.0.42', netmask: '255.255.255.0', gateway: '10.0.0.1' };
  expect(ask(withConfig(net(fixed), bits))).toEqual({ addresses: ['10.0.0.42'], dhcp: false });
  expect(ask(withConfig(net({ config: ['static'], address: ['fe80::1/64', '10.0.0.9/24'] }), bits))).toEqual({
    addresses: ['10.0.0.9'],
    dhcp: false,
  });
  expect(ask(withConfig(net({ config: 'dhcp-with-fallback', address: '10.0.0.42' }), bits))).toEqual({
    addresses: [],
    dhcp: true,
  });
});

test.each(['', '{', '[]', '{"net": 1}', '{"net": [null, 3]}', '{"net": [{"iface": "0"}]}'])('%j says nothing', (json) => {
  expect(ask(withConfig(json, 64))).toBeUndefined();
});

test('no damaged file is read beyond its end, or makes trouble', () => {
  const good = withConfig(net({ config: 'static', address: '10.0.0.42' }), 64);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }), fc.nat(good.length), (edits, cut) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of edits) bytes[at] = value;
      ask(cut % 3 === 0 ? bytes.subarray(0, cut) : bytes);
    }),
    { numRuns: 200 },
  );
});

const device = (addresses: readonly string[]) => ({ name: 'net0', addresses, routes: [] }) as unknown as NetworkDevice;

test('an address that is not the container’s is an error, and DHCP a warning', () => {
  const fixed = { addresses: ['10.0.0.42'], dhcp: false };
  expect(mismatch(fixed, device(['10.0.0.42/24']))).toBeUndefined();
  expect(mismatch(fixed, device([]))).toBeUndefined();
  expect(mismatch(fixed, device(['172.17.0.2/16', 'fe80::1/64']))).toMatchObject({
    fatal: true,
    message: expect.stringContaining('10.0.0.42 built in (its config.json), and the container has 172.17.0.2'),
  });
  expect(mismatch({ addresses: [], dhcp: true }, device(['172.17.0.2/16']))).toMatchObject({ fatal: false });
});
