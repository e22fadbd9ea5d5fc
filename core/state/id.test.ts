import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkId, folderName } from './id.ts';

const alphabet = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.'];
const id = fc
  .string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 1024 })
  .filter((id) => !['.', '..'].includes(id));

test('any id of the allowed characters is taken as it is', () => {
  fc.assert(fc.property(id, (id) => checkId(id) === id));
});

test.each([
  ['', 'the container id is empty'],
  ['a'.repeat(1025), 'the container id has 1025 characters; at most 1024 are allowed'],
  ...['.', '..', 'a/b', '../a', 'a b', 'a\n', '~a', 'ä', 'a\0', '\u{1f600}'].map((id) => [
    id,
    `container id ${JSON.stringify(id)} is not valid; use letters, digits and _ + - . only`,
  ]),
])('the id %j is refused', (id, sentence) => {
  expect(() => checkId(id)).toThrow(expect.objectContaining({ code: 'ERR_ID', sentence }));
});

test('any id has a folder of its own, whose name is short enough for what is added to it', () => {
  fc.assert(
    fc.property(id, id, (one, other) => {
      for (const name of [folderName(one), folderName(other)]) {
        expect(name.length).toBeLessThanOrEqual(200);
        expect(name).toMatch(/^[\w+.-]+(~[0-9a-f]{64})?$/);
      }
      expect(folderName(one) === folderName(other)).toBe(one === other);
    }),
  );
});

test('long ids that begin alike have folders of their own', () => {
  const long = 'a'.repeat(1000);
  expect(folderName(`${long}1`)).not.toBe(folderName(`${long}2`));
});
