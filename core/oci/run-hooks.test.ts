import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { processStat } from '../sys/process.ts';
import { runHooks } from './run-hooks.ts';
import type { Hook } from './types.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runnc-hooks-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A hook that is a script of one line. */
function script(text: string, further: Partial<Hook> = {}): Hook {
  const path = join(temporaryFolder(), 'hook');
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o700 });
  return { path, ...further };
}

const run = (...hooks: readonly Hook[]) => runHooks('prestart', hooks, { id: 'one' });

test('hooks run in their order, each with the state on its standard input', async () => {
  const output = join(temporaryFolder(), 'output');
  await run(script(`echo first >> ${output}; cat >> ${output}`), script(`echo; echo second >> ${output}`));
  expect(readFileSync(output, 'utf8')).toBe('first\n{"id":"one"}second\n');
});

test('without hooks nothing happens', async () => {
  await runHooks('poststop', undefined, {});
  await runHooks('poststop', [], {});
});

test('args is the whole argv, the name included', async () => {
  const output = join(temporaryFolder(), 'output');
  await run({
    path: '/bin/sh',
    args: ['my name', '-c', `echo "$0|$1|$2" > ${output}; tr '\\0' '|' < /proc/$$/cmdline >> ${output}`, 'a b', '', 'c d'],
  });
  const [words, line] = readFileSync(output, 'utf8').split('\n');
  expect(words).toBe('a b||c d');
  expect(line).toMatch(/^my name\|-c\|/);
});

test('env is all of the environment; without it a hook has that of the runtime', async () => {
  const output = join(temporaryFolder(), 'output');
  const print = {
    path: '/bin/sh',
    args: ['sh', '-c', `/usr/bin/env | /bin/grep -v -e ^PWD= -e ^_= -e ^SHLVL= > ${output}; true`],
  };
  await run({ ...print, env: ['A=1', 'B=x=y', 'C='] });
  expect(readFileSync(output, 'utf8').trim().split('\n').sort()).toEqual(['A=1', 'B=x=y', 'C=']);
  await run({ ...print, env: [] });
  expect(readFileSync(output, 'utf8')).toBe('');
  await run(print);
  expect(readFileSync(output, 'utf8')).toContain(`PATH=${process.env.PATH}`);
});

test.each([
  ['exit 7', 'ended with status 7'],
  ['echo why >&2; exit 1', 'ended with status 1: why'],
  ['kill -TERM $$', 'was killed by SIGTERM'],
])('the hook %j fails, and none after it runs', async (text, how) => {
  const marker = join(temporaryFolder(), 'marker');
  const hook = script(text);
  await expect(run(hook, script(`touch ${marker}`))).rejects.toMatchObject({
    code: 'ERR_HOOK',
    message: `prestart hook ${hook.path} ${how}`,
  });
  expect(existsSync(marker)).toBe(false);
});

test('of what a failing hook says the end is repeated', async () => {
  const failure = run(script('head -c 100000 /dev/zero | tr "\\\\0" x >&2; echo the end >&2; exit 1'));
  await expect(failure).rejects.toThrow(/: x{393}the end$/);
});

test('a hook that is not there is named', async () => {
  await expect(run({ path: '/nonexistent/hook' })).rejects.toThrow(/^prestart hook \/nonexistent\/hook .*ENOENT/);
});

test('a hook that reads nothing of a large state has done well', async () => {
  await runHooks('prestart', [{ path: '/bin/true' }], { annotations: 'x'.repeat(1_000_000) });
});

const isRunning = (pid: number) => !['Z', 'X', undefined].includes(processStat(pid)?.state);

/** The process whose id a hook has written down, once it has. */
const writtenIn = async (file: string) => {
  await vi.waitUntil(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'), { timeout: 20_000 });
  return Number(readFileSync(file, 'utf8'));
};

// What would be waited for in vain lasts longer than the test may.
test('a hook that takes too long is ended, with everything it started', async () => {
  const file = join(temporaryFolder(), 'pid');
  const hook = script(`sleep 1000 & echo $! > ${file}; sleep 1000`, { timeout: 2 });
  await expect(run(hook)).rejects.toThrow(`prestart hook ${hook.path} took longer than its timeout of 2 s`);
  const pid = await writtenIn(file);
  await vi.waitUntil(() => !isRunning(pid), { timeout: 20_000 });
});

test('what has left the group of a hook that took too long is not waited for', async () => {
  const file = join(temporaryFolder(), 'pid');
  const hook = script(`setsid sh -c 'echo $$ > ${file}; exec sleep 1000' & sleep 1000`, { timeout: 2 });
  await expect(run(hook)).rejects.toThrow('timeout of 2 s');
  const pid = await writtenIn(file);
  expect(isRunning(pid)).toBe(true);
  process.kill(pid, 'SIGKILL');
});
