/** /etc/runnc, as a machine's owner would have it: kept aside while a test file fills it, and put back. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, inject } from 'vitest';
import { buildNpm } from '../../scripts/build-npm.mjs';
import { clientEnvironment } from './engine/docker.ts';
import type { EngineAddress } from './engine/engine.ts';

export const root = path.resolve(import.meta.dirname, '../..');
export const settings = '/etc/runnc';
const kept = '/etc/runnc.before-tests';

export interface Settings {
  /** A folder for the test's own files. */
  readonly folder: () => string;
  /** Writes /etc/runnc/runnc.config.json. */
  configure(value: object): void;
}

/** For the top of a test file: each test begins with an empty /etc/runnc. */
export function emptySettings(): Settings {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'runnc-settings-'));
    // What a test that was killed has left is nobody's.
    if (existsSync(kept)) rmSync(settings, { recursive: true, force: true });
    else if (existsSync(settings)) renameSync(settings, kept);
    mkdirSync(settings, { mode: 0o755 });
  });
  afterEach(() => {
    rmSync(settings, { recursive: true, force: true });
    if (existsSync(kept)) renameSync(kept, settings);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder: () => folder,
    configure: (value) => writeFileSync(`${settings}/runnc.config.json`, JSON.stringify(value), { mode: 0o644 }),
  };
}

/** npm that asks no registry for what has nothing to do with the package. */
const quietNpm = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' };

/** Packs an example with npm and installs it where runnc looks. */
export async function installExample(name: string, folder: string): Promise<void> {
  const cwd = path.join(root, 'examples', name);
  const { stdout: tarball } = await execa('npm', ['pack', '--silent', '--pack-destination', folder], { cwd });
  await execa('npm', ['install', '--prefix', settings, path.join(folder, tarball)], { env: quietNpm });
}

/** Blocks of shell commands in a page, or in one section of it. */
export function commands(page: string, section?: string): readonly string[] {
  const whole = readFileSync(path.join(root, page), 'utf8');
  const part = section === undefined ? whole : (whole.split(new RegExp(`^## ${section}$`, 'm'))[1] ?? '').split(/^## /m)[0];
  return [...(part ?? '').matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
}

/** For a test that installs packages from npm's registry, in milliseconds. */
export const patienceWithRegistry = 300_000;

/** Runs a page's commands as a reader would, in `cwd`, with what a reader has: runnc, sudo, and runnc's sources at $RUNNC. */
export async function follow(blocks: readonly string[], cwd: string, address: EngineAddress): Promise<{ stdout: string }> {
  buildNpm();
  const programs = mkdtempSync(path.join(tmpdir(), 'runnc-bin-'));
  try {
    symlinkSync(inject('runnc'), path.join(programs, 'runnc'));
    writeFileSync(path.join(programs, 'sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
    const script = ['set -e', ...blocks].join('\n');
    const env = { ...quietNpm, RUNNC: root, PATH: `${programs}:${process.env.PATH}`, ...clientEnvironment(address) };
    // Ended before the test is, so that nothing of it goes on and the error has what it said.
    return await execa('sh', ['-c', script], { cwd, env, all: true, stdin: 'ignore', timeout: patienceWithRegistry - 10_000 });
  } finally {
    rmSync(programs, { recursive: true, force: true });
  }
}
