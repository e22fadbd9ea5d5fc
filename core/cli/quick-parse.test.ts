/** The short way is right when commander, given the same words, would have done the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type OptionSpec, type OptionValues, shapeOf } from './command.ts';
import { commands } from './commands.ts';
import { globalOptions } from './global.ts';
import { makeProgram } from './program.ts';
import { quickParse } from './quick-parse.ts';

interface Understood {
  readonly command: string;
  readonly args: readonly (string | undefined)[];
  readonly options: OptionValues;
  readonly global: OptionValues;
}

/** What commander makes of the words; undefined where it complains, or shows help. */
async function byCommander(argv: readonly string[]): Promise<Understood | undefined> {
  let called: Pick<Understood, 'command' | 'args' | 'options'> | undefined;
  const noting = commands.map((spec) => ({
    ...spec,
    async run(_: unknown, args: readonly (string | undefined)[], options: OptionValues) {
      called = { command: spec.name, args: [...args], options: { ...options } };
      return 0;
    },
  }));
  const program = makeProgram(noting, () => {});
  for (const each of [program, ...program.commands])
    each.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch {
    return undefined;
  }
  return called && { ...called, global: { ...program.opts() } };
}

function quickly(argv: readonly string[]): Understood | undefined {
  const parsed = quickParse(argv, globalOptions, commands);
  return parsed && { command: parsed.command.name, args: parsed.args, options: parsed.options, global: parsed.global };
}

const value = fc.constantFrom('x', '', '-', '--', '-x', '--all', 'json', 'table', 'text', 'TERM', '9', 'a=b', 'create', 'help');
const odd = fc.constantFrom('--nope', '-z', '-fq', '-bx', '--bund', '--debug', '--root', '--help', '-h', '--', '-', '--version');

/** An option as it should be, or with a value where none belongs, or without one. */
const written = (option: OptionSpec): fc.Arbitrary<readonly string[]> => {
  const { long, short, takesValue } = shapeOf(option);
  const name = fc.constantFrom(long, short ?? long);
  const given = option.choices ? fc.constantFrom(...option.choices, 'other') : value;
  const [apart, joined, bare] = [fc.tuple(name, given), fc.tuple(name, given).map((pair) => [pair.join('=')]), fc.tuple(name)];
  return takesValue
    ? fc.oneof({ weight: 6, arbitrary: apart }, { weight: 3, arbitrary: joined }, { weight: 1, arbitrary: bare })
    : fc.oneof({ weight: 9, arbitrary: bare }, { weight: 1, arbitrary: joined });
};
const word = fc.constantFrom('c', 'x', '', '9', 'a=b', 'create');
const several = (options: readonly OptionSpec[], further: readonly fc.Arbitrary<readonly string[]>[]) =>
  fc.array(fc.oneof(...options.map(written), ...further), { maxLength: 4 }).map((words) => words.flat());

const globals = globalOptions;
const lines = fc.constantFrom(...commands).chain(({ name, options, arguments: names }) =>
  fc
    .tuple(
      several(globals, []),
      several(options, [word.map((text) => [text])]),
      fc.array(word, { maxLength: names.length }),
      fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: odd }),
    )
    .chain(([before, after, args, strange]) => {
      const words = [...before, name, ...after, ...args];
      return strange === undefined ? fc.constant(words) : fc.nat(words.length).map((at) => words.toSpliced(at, 0, strange));
    }),
);

test('whatever the words, the short way does what commander does, or leaves them to it', { timeout: 60_000 }, async () => {
  let short = 0;
  await fc.assert(
    fc.asyncProperty(lines, async (argv) => {
      const quick = quickly(argv);
      if (quick === undefined) return;
      short += 1;
      expect(quick).toEqual(await byCommander(argv));
    }),
    { numRuns: 20_000 },
  );
  expect(short).toBeGreaterThan(2000);
});

test.each([
  ['--root /r --log /l --log-format json create --bundle /b --pid-file /p c', 'create'],
  [
    '--root /r --log /l --log-format json create --bundle /b --console-socket /s --pid-file /p --no-pivot --no-new-keyring c',
    'create',
  ],
  ['--root /r --log /l --log-format json start c', 'start'],
  ['--root /r --log /l --log-format json state c', 'state'],
  ['--root /r --log /l --log-format json kill c 9', 'kill'],
  ['--root /r --log /l --log-format json kill --all c 9', 'kill'],
  ['--root /r --log /l --log-format json delete --force c', 'delete'],
  ['--log-format=json --log=/l --root=/r create --bundle=/b --pid-file=/p c', 'create'],
  ['list -q', 'list'],
])('%j goes the short way', async (line, command) => {
  const quick = quickly(line.split(' '));
  expect(quick?.command).toBe(command);
  expect(quick).toEqual(await byCommander(line.split(' ')));
});

test.each([
  '',
  'help',
  '--help',
  '--version',
  'create',
  'create a b',
  'state --nope c',
  'list --format xml',
  'update c',
  'exec c sh',
  '--log-format yaml list',
])('%j is left to commander', (line) => {
  expect(quickly(line.split(' ').filter((word) => word !== ''))).toBeUndefined();
});

test('every command that has plain arguments can go the short way', () => {
  for (const { name, arguments: names, options, lenient } of commands) {
    if (lenient) continue;
    const required = options.filter((option) => option.required).flatMap(({ flags }) => [flags.split(/[ ,]+/)[0] ?? '', 'value']);
    const args = names.filter((argument) => argument.startsWith('<')).map(() => 'x');
    expect(quickly([name, ...required, ...args])?.command).toBe(name);
  }
});
