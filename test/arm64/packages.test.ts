/** What is handed out for aarch64, made on this machine. */
import { mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { build } from '../../scripts/build.mjs';
import { buildDeb } from '../../scripts/build-deb.mjs';
import { canCompileFor } from '../../scripts/compilers.mjs';

test.skipIf(process.arch === 'arm64' || !canCompileFor('aarch64'))(
  'the Debian package for arm64 has the executable for it',
  { timeout: 300_000 },
  async () => {
    await build({ only: 'executable', ifStale: true });
    await build({ target: 'arm64', ifStale: true });
    const made = mkdtempSync('/var/tmp/runnc-packages-');
    onTestFinished(() => rmSync(made, { recursive: true, force: true }));
    const deb = buildDeb(made, 'arm64');
    expect(path.basename(deb)).toMatch(/_arm64\.deb$/);
    expect((await execa('dpkg-deb', ['--field', deb, 'Architecture'])).stdout).toBe('arm64');
    await execa('dpkg-deb', ['--extract', deb, path.join(made, 'files')]);
    const header = Buffer.alloc(64);
    readSync(openSync(path.join(made, 'files/usr/bin/runnc'), 'r'), header);
    expect(header.readUInt16LE(18)).toBe(183); // EM_AARCH64
  },
);
