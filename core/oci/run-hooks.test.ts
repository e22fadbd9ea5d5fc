import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
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

test('a hook that takes too long is ended, with everything it started', async () => {
  const marker = join(temporaryFolder(), 'marker');
  const hook = script(`(sleep 3; touch ${marker}) & sleep 100`, { timeout: 1 });
  const started = performance.now();
  await expect(run(hook)).rejects.toThrow(`prestart hook ${hook.path} took longer than its timeout of 1 s`);
  expect(performance.now() - started).toBeLessThan(2500);
  await new Promise((resolve) => setTimeout(resolve, 2300));
  expect(existsSync(marker)).toBe(false);
}, 10_000);

test('what has left the group of a hook that took too long is not waited for', async () => {
  const hook = script('setsid sleep 4 & sleep 100', { timeout: 1 });
  const started = performance.now();
  await expect(run(hook)).rejects.toThrow('timeout of 1 s');
  expect(performance.now() - started).toBeLessThan(2500);
}, 10_000);
