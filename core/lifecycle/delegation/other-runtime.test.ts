import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lastWords } from './other-runtime.ts';

function said(before: string, after: string, form: (file: string) => readonly string[] = (file) => ['--log', file, 'create']) {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'log');
  if (before !== '') appendFileSync(file, before);
  const ask = lastWords(form(file));
  appendFileSync(file, after);
  return ask();
}

const json = (level: string, msg: string) => `${JSON.stringify({ level, msg, time: 'now' })}\n`;

test.each([
  [json('error', 'first') + json('error', 'last') + json('info', 'more'), 'last'],
  ['{"msg":"unknown version","level":"error","time":"now"}\n', 'unknown version'],
  ['time="now" level=warning msg="a"\ntime="now" level=error msg="runc: \\"x\\" is\\nnowhere"\n', 'runc: "x" is\nnowhere'],
  ['time="now" level=error msg=short\n', 'short'],
  ['{"level":"error","msg":"cut', undefined],
  [json('error', 'x').repeat(5000) + json('error', 'the end'), 'the end'],
  ['', undefined],
])('%.40j', (after, expected) => {
  expect(said('', after)).toBe(expected);
});

test("what stood there before is somebody else's", () => {
  expect(said(json('error', 'old'), json('info', 'new'))).toBeUndefined();
});

test('with an equals sign, and without a log', () => {
  expect(said('', json('error', 'x'), (file) => [`--log=${file}`, 'create'])).toBe('x');
  expect(said('', json('error', 'x'), () => ['create', 'id'])).toBeUndefined();
});
