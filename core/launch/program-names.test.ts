import { expect, test } from 'vitest';
import { programNames } from './program-names.ts';

const anything = { preferred: undefined, allowed: undefined };

test.each([
  ['/app', anything, ['/app', '/app.spt', '/app.hvt']],
  ['app', anything, ['app', 'app.spt', 'app.hvt']],
  ['/app.hvt', anything, ['/app.hvt', '/app.spt']],
  ['/app', { ...anything, preferred: 'hvt' }, ['/app.hvt', '/app', '/app.spt']],
  ['/app.spt', { ...anything, preferred: 'hvt' }, ['/app.hvt', '/app.spt']],
  ['/app.spt', { ...anything, preferred: 'spt' }, ['/app.spt', '/app.hvt']],
  // What is not allowed is found by its own name only: the error says so.
  ['/app.spt', { ...anything, allowed: ['hvt'] }, ['/app.spt', '/app.hvt']],
  ['/app', { ...anything, allowed: ['spt'] }, ['/app', '/app.spt']],
  ['/app', { preferred: 'mine', allowed: ['mine', 'spt'] }, ['/app.mine', '/app', '/app.spt']],
  ['/app.mine', { preferred: 'mine', allowed: ['mine', 'spt'] }, ['/app.mine', '/app.spt']],
  // Nothing before the end, or another end.
  ['/.spt', anything, ['/.spt']],
  ['.hvt', anything, ['.hvt']],
  ['/app.nabla', anything, ['/app.nabla', '/app.nabla.spt', '/app.nabla.hvt']],
])('%j with %j may be %j', (name, choice, names) => {
  expect(programNames(name, choice)).toEqual(names);
});
