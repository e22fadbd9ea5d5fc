import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { formatLine, openLog } from './log.ts';

const time = new Date('2026-01-02T03:04:05.678Z');

test('a line of JSON is what containerd decodes', () => {
  expect(formatLine('json', 'error', 'it "failed"', time)).toBe(
    '{"level":"error","msg":"it \\"failed\\"","time":"2026-01-02T03:04:05Z"}\n',
  );
});

test('a line of text is what runc writes', () => {
  expect(formatLine('text', 'warning', 'take "care"', time)).toBe(
    'time="2026-01-02T03:04:05Z" level=warning msg="take \\"care\\""\n',
  );
});

test('whatever the message, it is one line', () => {
  fc.assert(
    fc.property(fc.constantFrom('json', 'text'), fc.string({ unit: 'binary' }), (format, message) => {
      const line = formatLine(format as 'json' | 'text', 'info', message, time);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      if (format === 'json' && !/\s/.test(message)) expect(JSON.parse(line).msg).toBe(message);
    }),
  );
});

test('lines are joined by a blank, and any number of blanks takes no time', () => {
  const said = (message: string) => JSON.parse(formatLine('json', 'info', message, time)).msg;
  expect(said('one\n  two\r\n\nthree\n')).toBe('one two three');
  const blanks = `a${' '.repeat(1_000_000)}b`;
  expect(said(blanks)).toBe(blanks);
});

function logged(debug: boolean, say: (log: ReturnType<typeof openLog>) => void): { text: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'runnc-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'log');
  say(openLog({ file, format: 'json', debug }));
  return { text: readFileSync(file, 'utf8'), file };
}

const everything = (log: ReturnType<typeof openLog>) => {
  log.debug('a');
  log.info('b');
  log.warn('c');
  log.error('d');
};

test('a file is appended to, for its owner alone; details only with --debug', () => {
  const levels = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).level);
  const { text, file } = logged(false, everything);
  expect(levels(text)).toEqual(['info', 'warning', 'error']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(levels(logged(true, everything).text)).toEqual(['debug', 'info', 'warning', 'error']);
});

test('a log that cannot be written ends nothing', () => {
  openLog({ file: '/nonexistent/log', format: 'json', debug: true }).error('nobody hears this');
});
