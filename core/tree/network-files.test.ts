import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolvConf } from './network-files.ts';

test('a name server that the guest cannot reach gives way to one that it can', () => {
  const docker = 'nameserver 127.0.0.11\noptions ndots:0\n';
  expect(resolvConf(docker, ['169.254.53.53'])).toBe('nameserver 169.254.53.53\noptions ndots:0\n');
  expect(resolvConf('search a\nnameserver\t127.0.0.1\nnameserver 10.0.0.1\n', ['10.0.0.1'])).toBe(
    'nameserver 10.0.0.1\nsearch a\n',
  );
  expect(resolvConf('search a\n', [])).toBe('search a\n');
});

test('where nothing has to change, not a byte does', () => {
  const text = '# nameserver 1.1.1.1\nnameserver   10.0.0.1 \n; x\nnameserver 10.0.0.2\n\n';
  expect(resolvConf(text, ['10.0.0.1', '10.0.0.2'])).toBe(text);
  fc.assert(
    fc.property(fc.array(fc.ipV4()), (addresses) => {
      const conf = resolvConf('options rotate\n', addresses);
      expect(resolvConf(conf, addresses)).toBe(conf);
    }),
  );
});
