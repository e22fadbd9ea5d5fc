import { mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { recordingLog } from '../../core/testing/log.ts';
import { knownOptions } from './known-options.ts';

const elf = { type: 2, machine: 62, entry: 0n, interpreter: undefined, segments: [] };
const unikernel = { name: 'mirage', abi: 'spt', devices: [], commandLine: '' };
const help = '       --ipv4=PREFIX\n       --help[=FMT]\n';

/** A host whose unikernels all print this, and a program of one byte. */
function hostWith(output: string, { status }: { readonly status: number | undefined } = { status: 0 }) {
  const folder = mkdtempSync(join(tmpdir(), 'runnc-mirage-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'program'), 'x');
  const fd = openSync(join(folder, 'program'), 'r');
  const cache = join(folder, 'cache');
  mkdirSync(cache);
  const log = recordingLog();
  let asked = 0;
  const host = {
    cacheDirectory: () => cache,
    log,
    runApart: async () => {
      asked++;
      return { output, status, problem: '' };
    },
  };
  const program = { path: '/program', fd, size: 1, elf, solo5: { abi: undefined, manifest: undefined } };
  return { cache, log, ask: () => knownOptions(host, program, unikernel), asked: () => asked };
}

test('a unikernel is asked once', async () => {
  const { ask, asked, cache } = hostWith(help);
  expect([await ask(), await ask(), asked()]).toEqual([['ipv4', 'help'], ['ipv4', 'help'], 1]);
  expect(readdirSync(cache)).toHaveLength(1);
});

test('one that did not end in time is asked again, and the log says so', async () => {
  const { ask, asked, log } = hostWith('', { status: undefined });
  expect([await ask(), await ask(), asked()]).toEqual([undefined, undefined, 2]);
  expect(log.lines.join('\n')).toContain('could not be asked for its options (--help=plain): it did not end in time');
});

test('where its answer cannot be kept, it is asked each time, and the container starts all the same', async () => {
  const { ask, asked, cache, log } = hostWith(help);
  await ask();
  const [name = ''] = readdirSync(cache);
  rmSync(join(cache, name));
  // Nothing can be put in its place.
  mkdirSync(join(cache, name, 'full'), { recursive: true });
  expect([await ask(), asked()]).toEqual([['ipv4', 'help'], 2]);
  expect(log.lines.join('\n')).toContain('the options of /program cannot be kept: ');
  expect(readdirSync(cache)).toEqual([name]);
});
