import fc from 'fast-check';
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
  // As Linux 6.18 shows `lowerdir=/l\,1:/l\:2:/l\\3:/l 4,upperdir=/u\,p`.
  const shown = String.raw`rw,lowerdir=/l\134\0541:/l\134:2:/l\134\1343:/l\0404,upperdir=/u\134\054p,workdir=/w,uuid=on`;
  expect(layers(shown)).toEqual(['/u,p', '/l,1', '/l:2', String.raw`/l\3`, '/l 4']);
});

test('any names, as the kernel shows them, and back', () => {
  const path = fc.string({ minLength: 1, unit: 'binary-ascii' }).map((name) => `/${name.replaceAll('\0', '')}`);
  const marked = (text: string, signs: RegExp) => text.replace(signs, '\\$&');
  const octal = (sign: string) => `\\${(sign.codePointAt(0) as number).toString(8).padStart(3, '0')}`;
  const shown = (text: string) => text.replace(/[, \t\n\\]/g, octal);
  fc.assert(
    fc.property(path, fc.array(path, { minLength: 1 }), (upper, lowers) => {
      const atOnce = lowers.map((lower) => marked(lower, /[:,\\]/g)).join(':');
      const one = `rw,lowerdir=${shown(atOnce)},upperdir=${shown(marked(upper, /[,\\]/g))},workdir=/w`;
      const each = `rw,${lowers.map((lower) => `lowerdir+=${shown(lower)}`).join(',')},upperdir=${shown(marked(upper, /[,\\]/g))}`;
      expect([layers(one), layers(each)]).toEqual([
        [upper, ...lowers],
        [upper, ...lowers],
      ]);
    }),
  );
});

test('what makes a layer not be what it seems', () => {
  expect(readOptions('lowerdir=/a,redirect_dir=on').redirects).toBe(true);
  expect(readOptions('lowerdir=/a,redirect_dir=nofollow,metacopy=on').redirects).toBe(true);
  expect(readOptions('lowerdir+=/a,datadir+=/b,redirect_dir=nofollow').redirects).toBe(true);
});
