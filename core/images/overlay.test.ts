import { expect, test } from 'vitest';
import { readOptions } from './overlay.ts';

const layers = (options: string) => {
  const { upper, lowers, redirects } = readOptions(`${options},redirect_dir=follow`);
  expect(redirects).toBe(false);
  return [upper, ...lowers];
};

test('layers of an overlay, as mountinfo has them', () => {
  expect(layers('rw,lowerdir=/l/A:/l/B,upperdir=/x/diff,workdir=/x/work')).toEqual(['/x/diff', '/l/A', '/l/B']);
  expect(layers('ro,lowerdir=/l/A:/l/B')).toEqual([undefined, '/l/A', '/l/B']);
  // Linux 6.5 and later, where the engine gave one folder at a time.
  expect(layers('rw,lowerdir+=/l/A:1,lowerdir+=/l/B,upperdir=/x')).toEqual(['/x', '/l/A:1', '/l/B']);
});

test('commas, colons and backslashes in the names of folders', () => {
  expect(layers(String.raw`rw,lowerdir=/l/a\:b:/l/c\,d:/l/e\\f,upperdir=/x\,y`)).toEqual([
    '/x,y',
    '/l/a:b',
    '/l/c,d',
    String.raw`/l/e\f`,
  ]);
});

test('what makes a layer not be what it seems', () => {
  expect(readOptions('lowerdir=/a,redirect_dir=on').redirects).toBe(true);
  expect(readOptions('lowerdir=/a,redirect_dir=nofollow,metacopy=on').redirects).toBe(true);
  expect(readOptions('lowerdir+=/a,datadir+=/b,redirect_dir=nofollow').redirects).toBe(true);
});
