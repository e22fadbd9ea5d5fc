/** The reader of /runnc.json and its schema take the same documents. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keys, parseFile, programsOf } from './said.ts';

const schema = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../docs/runnc.schema.json'), 'utf8'));
const validate = new Ajv({ strict: false }).compile(schema);

const accepted = (document: unknown): boolean => {
  try {
    parseFile(JSON.stringify(document));
    return true;
  } catch (error) {
    expect((error as { code?: unknown }).code).toBe('ERR_METADATA');
    return false;
  }
};

const text = fc.oneof(fc.string(), fc.constantFrom('', '/', '/data', 'mirage', 'a\0b', 'ipv4', '-x'));
const programs = fc.dictionary(fc.constantFrom('spt', 'hvt', 'a b'), fc.constantFrom('/a', '/b=c', '/a,b', 'a', 1), {
  maxKeys: 2,
});
const value = fc.oneof(text, programs, fc.array(text, { maxLength: 3 }), fc.jsonValue());
const document = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...keys, '$schema', 'other'), value, { maxKeys: 3 }));

test('schema and reader agree about every document', () => {
  fc.assert(
    fc.property(document, (document) => {
      expect(accepted(document)).toBe(validate(document));
    }),
    { numRuns: 5000 },
  );
});

test('values come as text, and the list of options joined as in an annotation', () => {
  expect(parseFile('{"unikernel": "mirage", "options": ["ipv4", "ipv4-gateway"], "$schema": 1}')).toEqual({
    unikernel: 'mirage',
    options: 'ipv4,ipv4-gateway',
  });
});

test.each([
  ['{', 'is not valid JSON'],
  ['[]', 'is not a JSON object'],
  ['{"unikernal": "mirage"}', 'says "unikernal", which means nothing'],
  ['{"initrd": "initrd.img"}', 'says "initrd.img" for initrd, which is not an absolute path'],
  ['{"programs": {}}', 'has programs that are not paths'],
  ['{"programs": {"spt": "app"}}', 'has programs that are not paths'],
  ['{"options": "ipv4"}', 'has options that are not a list'],
])('%s is refused with a sentence', (text, sentence) => {
  expect(() => parseFile(text)).toThrow(`/runnc.json of the image ${sentence}`);
});

test('programs by their tenders come back from the text that stands for them', () => {
  const { programs = '' } = parseFile('{"programs": {"spt": "/a=b", "hvt": "/c"}}');
  expect(programs).toBe('spt=/a=b,hvt=/c');
  expect(programsOf(programs)).toEqual([
    { tender: 'spt', path: '/a=b' },
    { tender: 'hvt', path: '/c' },
  ]);
  expect(() => programsOf('spt')).toThrow('org.runnc.programs says "spt", which is no TENDER=PATH');
});
