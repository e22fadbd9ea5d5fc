import { expect, test } from 'vitest';
import { importsOf, judge } from './check-imports.mjs';

test('finds static, re-exported, dynamic and type imports, and none in comments', () => {
  const text = [
    "import { a } from './a.ts';",
    "import type { B } from './b.ts';",
    'import {\n  c,\n  d,\n} from "./c.ts";',
    "import './side-effect.ts';",
    "export { e } from './e.ts';",
    "// import { f } from './f.ts';",
    "/* import { g } from './g.ts'; */",
    "const h = await import('./h.ts');",
    "type I = typeof import('./i.ts');",
  ].join('\n');
  expect(importsOf(text)).toEqual([
    { specifier: './a.ts', isType: false },
    { specifier: './b.ts', isType: true },
    { specifier: './c.ts', isType: false },
    { specifier: './side-effect.ts', isType: false },
    { specifier: './e.ts', isType: false },
    { specifier: './h.ts', isType: false },
    { specifier: './i.ts', isType: true },
  ]);
});

test.each([
  ['plugins/a/index.ts', 'core/plugin.ts', true],
  ['plugins/a/index.ts', 'plugins/a/rules.ts', false],
  ['plugins/a/index.test.ts', 'core/launch/tape.ts', false],
  ['core/cli/create.ts', 'core/lifecycle/create.ts', false],
  ['core/lifecycle/create.ts', 'core/launch/tape.ts', false],
  ['core/lifecycle/plugins.ts', 'config/load.ts', false],
  ['core/launch/tape.ts', 'core/errors.ts', false],
  ['core/plugin.ts', 'core/launch/calls.ts', true],
  ['config/default.ts', 'plugins/a/index.ts', false],
])('%s may import %s', (from, to, isType) => {
  expect(judge(from, to, isType)).toBeUndefined();
});

test.each([
  ['plugins/a/index.ts', 'core/plugin.ts', false],
  ['plugins/a/index.ts', 'core/errors.ts', true],
  ['plugins/a/index.ts', 'plugins/b/index.ts', true],
  ['core/launch/tape.ts', 'core/lifecycle/create.ts', false],
  ['core/errors.ts', 'core/sys/libc.ts', false],
  ['core/sys/libc.ts', 'core/launch/tape.ts', false],
  ['core/lifecycle/create.ts', 'core/cli/create.ts', true],
  ['config/load.ts', 'core/cli/create.ts', false],
  ['core/lifecycle/create.ts', 'plugins/a/index.ts', false],
  ['core/lifecycle/create.ts', 'config/default.ts', false],
  ['core/errors.ts', 'core/errors.test.ts', false],
])('%s must not import %s', (from, to, isType) => {
  expect(judge(from, to, isType)).toBeTypeOf('string');
});
