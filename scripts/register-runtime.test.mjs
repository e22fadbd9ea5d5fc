import { expect, test } from 'vitest';
import { withRuntime } from './register-runtime.mjs';

test('makes a configuration where there is none', () => {
  expect(JSON.parse(withRuntime('', 'runnc', '/bin/runnc'))).toEqual({ runtimes: { runnc: { path: '/bin/runnc' } } });
});

test('keeps what is there', () => {
  const before = { 'log-level': 'warn', runtimes: { kata: { path: '/k' }, runnc: { path: '/old', runtimeArgs: ['--debug'] } } };
  expect(JSON.parse(withRuntime(JSON.stringify(before), 'runnc', '/new'))).toEqual({
    'log-level': 'warn',
    runtimes: { kata: { path: '/k' }, runnc: { path: '/new', runtimeArgs: ['--debug'] } },
  });
});

test('changes nothing the second time', () => {
  expect(withRuntime(withRuntime('', 'runnc', '/bin/runnc'), 'runnc', '/bin/runnc')).toBeUndefined();
});

test.each(['[]', 'null', '{'])('refuses to touch %s', (text) => {
  expect(() => withRuntime(text, 'runnc', '/bin/runnc')).toThrow();
});
