import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { RunncError } from '../errors.ts';
import { sayError } from './say-error.ts';

const written = vi.hoisted(() => ({ fd: 2 }));
vi.mock('../sys/files.ts', async (original) => {
  const files = await original<typeof import('../sys/files.ts')>();
  return { ...files, writeAll: (fd: number, content: Uint8Array) => files.writeAll(fd === 2 ? written.fd : fd, content) };
});

/** What is said, to standard error and to the log, of one error. */
function say(error: unknown, line: string): { readonly status: number; readonly stderr: string; readonly log: string } {
  const folder = mkdtempSync(join(tmpdir(), 'runnc-say-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [stderr, log] = [join(folder, 'stderr'), join(folder, 'log')];
  written.fd = openSync(stderr, 'a');
  const status = sayError(error, line.replaceAll('LOG', log).split(' '));
  closeSync(written.fd);
  written.fd = 2;
  const read = (file: string) => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      // It was not written.
      return '';
    }
  };
  return { status, stderr: read(stderr), log: read(log) };
}

const error = new RunncError('ERR_ID', 'the container id is empty', { hint: 'give one' });

test('people read one sentence', () => {
  expect(say(error, 'state')).toEqual({ status: 1, stderr: 'runnc: the container id is empty; give one\n', log: '' });
  expect(say(new Error('plain'), 'state').stderr).toBe('runnc: plain\n');
  expect(say('thrown', 'state').stderr).toBe('runnc: thrown\n');
});

test('engines read a line of JSON from the log, and people still the sentence', () => {
  const { stderr, log } = say(error, '--root /r --log LOG --log-format json state c');
  expect(JSON.parse(log)).toEqual({ level: 'error', msg: 'the container id is empty; give one', time: expect.any(String) });
  expect(stderr).toBe('runnc: the container id is empty; give one\n');
  const other = say(error, '--log=LOG --log-format=json state c').log;
  expect(JSON.parse(other)).toMatchObject({ level: 'error', msg: error.sentence });
});

test("on create the engine has the log, and standard error is the container's", () => {
  const { stderr, log } = say(error, '--log LOG --log-format json create c');
  expect([stderr, JSON.parse(log).level]).toEqual(['', 'error']);
});

test('without a log file the format says how standard error is written', () => {
  expect(JSON.parse(say(error, '--log-format json create c').stderr)).toMatchObject({ level: 'error', msg: error.sentence });
});

test('with --debug the whole error is logged', () => {
  expect(say(error, '--debug --log LOG create c').log).toMatch(
    /level=error .*\n.*level=debug msg="RunncError: the container id is empty at /,
  );
});
