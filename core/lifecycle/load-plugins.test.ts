/** Plugins from disk: what is loaded, what is refused, and what becomes of nonsense. Needs root, since trust is about who owns what. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Config } from '../../config/config.ts';
import { defaults } from '../../config/defaults.ts';
import { builtIn } from '../../config/load.ts';
import type { Container, Program, Unikernel } from '../plugin.ts';
import { choosePlugins, loadRuntime } from './load-plugins.ts';

const asRoot = test.skipIf(process.getuid?.() !== 0);
const log = { debug() {}, info() {}, warn() {}, error() {} };
const container = { id: 'c', annotations: {}, args: [] } as unknown as Container;
const unikernel = { name: 'u', abi: 'spt', devices: [], commandLine: '' } as Unikernel;
const program = {} as Program;
const device = { name: 'a', kind: 'block', handle: 1 } as const;
const builtInNames = builtIn.map(([{ name }]) => name);

/** A folder beneath /run, which belongs to root and to nobody else. */
function folder(): string {
  const made = mkdtempSync('/run/runnc-plugins-');
  onTestFinished(() => rmSync(made, { recursive: true }));
  chmodSync(made, 0o755);
  return made;
}

function write(file: string, content: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content, { mode: 0o644 });
  return file;
}

/** A plugin's module whose apply() has this body. */
const source = (body: string, members = '') =>
  `export default { name: 'x', api: 1, ${members} apply({ hooks, resource }, options) { ${body} } };`;
const plugin = (body: string, members = '') => write(path.join(folder(), 'x.mjs'), source(body, members));

const config = (plugins: readonly string[], values: Partial<Config> = {}): Config => ({
  ...defaults,
  cacheDirectory: folder(),
  plugins: plugins.map((name) => ({ name, options: {} })),
  ...values,
});
const load = (file: string, values?: Partial<Config>) => loadRuntime(config([file], values), log);
/** In milliseconds: short only for what never answers, since a busy machine needs its time to load a file. */
const limitFor = (body: string) => (body.includes('new Promise') ? 500 : 30_000);
const names = async (value: Config) => (await choosePlugins(value)).map(([{ name }]) => name);

asRoot('a plugin from disk stands before the built-in ones, and options arrive with their defaults', async () => {
  const file = plugin('globalThis.given = options;', `options: { properties: { a: { default: 1 }, b: {} } },`);
  const chosen = config([], { plugins: [{ name: file, options: { b: 2 } }], options: { x: { b: 3 } } });
  expect(await names(chosen)).toEqual(['x', ...builtInNames]);
  for (const _ of ['checked', 'kept from the first time']) {
    await loadRuntime(chosen, log);
    expect(globalThis).toHaveProperty('given', { a: 1, b: 3 });
  }
});

asRoot('it replaces the built-in one of its name, and built-in ones can be left out', async () => {
  const file = write(path.join(folder(), 'x.mjs'), `export default { name: 'seccomp', api: 1, apply() {} };`);
  expect((await choosePlugins(config([file]))).filter(([{ name }]) => name === 'seccomp')).toHaveLength(1);
  expect(await names({ ...config([]), plugins: [{ name: 'seccomp', options: false }] })).not.toContain('seccomp');
  await expect(names(config([file, 'seccomp']))).rejects.toThrow('there are two plugins called seccomp');
});

asRoot.each([
  ['throw new Error("why")', 'plugin x (FILE) failed in apply: why'],
  ['throw undefined', 'plugin x (FILE) failed in apply: undefined'],
  ['hooks.nothing.tap("x", () => 1)', /^plugin x \(FILE\) failed in apply: /],
  ['resource({})', 'plugin x (FILE) failed in apply: a resource has a name, acquire and release'],
])('apply: %s is named in the error', async (body, message) => {
  const file = plugin(body);
  const expected = typeof message === 'string' ? message.replace('FILE', file) : new RegExp(message.source.replace('FILE', file));
  await expect(load(file)).rejects.toThrow(expected);
});

asRoot.each([
  ['rootfs', 'return 5', 'its answer is not one: rootfs must be an object, not a number'],
  ['rootfs', "return { name: 'a' }", 'its answer is not one: rootfs.path is missing'],
  [
    'rootfs',
    "return { name: 'a', path: 'x', readOnly: true, capacity: 512, blockSize: 512 }",
    'rootfs.path must be an absolute path',
  ],
  [
    'rootfs',
    "return { name: 'a', path: '/x', readOnly: true, capacity: 513, blockSize: 512 }",
    'is not a multiple of its block size',
  ],
  ['unikernel', "return { name: 'a' }", 'its answer is not one: unikernel.abi is missing'],
  ['network', 'return { devices: [] }', 'its answer is not one: network.nameServers is missing'],
  ['tender', "return { name: 'a', open: [] }", 'its answer is not one: tender.plan must be a function'],
  ['filter', 'return new Uint8Array(7)', 'its answer is not one: a filter is a Uint8Array'],
  ['launch', 'return { memory: 1 }', 'its answer is not one: launch.program is missing'],
  ['created', 'throw new Error("why")', 'why'],
  ['created', 'return new Promise(() => {})', 'no answer within 0.5 s'],
  ['rootfs', 'return new Promise(() => {})', 'no answer within 0.5 s'],
  ['rootfs', 'throw null', 'null'],
])('%s: %s is named in the error', async (hook, body, message) => {
  const file = plugin(`hooks.${hook}.tapPromise('other', async () => { ${body} });`);
  const { hooks } = await load(file, { hookTimeLimit: limitFor(body) });
  const asked = hooks as unknown as Record<string, { promise(...args: unknown[]): Promise<unknown> }>;
  const failure = await asked[hook]?.promise({}, container, unikernel).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'ERR_PLUGIN',
    message: expect.stringContaining(`plugin x (${file}) failed in ${hook}: `),
  });
  expect(String(failure)).toContain(message);
});

asRoot('errors with a code of ours are about the container', async () => {
  const { hooks } = await load(
    plugin(`hooks.rootfs.tap('x', () => { throw Object.assign(new Error('no'), { code: 'ERR_DEVICE' }); });`),
  );
  await expect(hooks.rootfs.promise(container, unikernel, device, {} as never)).rejects.toMatchObject({
    code: 'ERR_DEVICE',
    message: 'no',
  });
});

asRoot('the plan of a tender is looked at, and timed', async () => {
  const plans = {
    nonsense: '5',
    late: 'new Promise(() => {})',
    half: `{ kind: 'tape', ops: [] }`,
    good: `{ kind: 'program', path: '/x', argv: ['x'] }`,
  };
  for (const [kind, plan] of Object.entries(plans)) {
    const tender = `class Tender { name = 'a'; open = []; async plan() { return ${plan}; } }`;
    const { hooks } = await load(plugin(`${tender}; hooks.tender.tap('x', () => new Tender());`), {
      hookTimeLimit: limitFor(plan),
    });
    const found = await hooks.tender.promise(program, unikernel, {} as never);
    const made = found?.plan({} as never, {}).catch((error: Error) => error.message);
    expect(await made).toEqual(
      {
        nonsense: expect.stringContaining('plan must be an object'),
        late: expect.stringMatching(/^plugin x .* failed in the plan of tender: no answer within 0.5 s$/),
        half: expect.stringContaining('plan.segments is missing'),
        good: { kind: 'program', path: '/x', argv: ['x'] },
      }[kind],
    );
  }
});

asRoot.each([
  ['export default 5;', 'it exports no object as its default'],
  ['export const a = 1;', 'it exports no object as its default'],
  [`export default { name: 'x', apply() {} };`, 'it does not say for which version'],
  [
    `export default { name: 'x', api: 2, apply() {} };`,
    'is written for version 2 of the plugin interface, and this is version 1',
  ],
  [`export default { name: 'x', api: 1 };`, 'apply is not a function'],
  [`export default { api: 1, apply() {} };`, 'it has no name'],
  [`export default { name: 'x', api: 1, needs: ['y'], apply() {} };`, 'needs plugin y, which is not loaded'],
  [`export default { name: 'x', api: 1, options: { type: 'strange' }, apply() {} };`, 'its options are not a JSON Schema'],
  ['throw new Error("at import");', 'cannot be loaded: at import'],
  ['import "runnc-no-such-package";', 'cannot be loaded: '],
  ['await new Promise(() => {});', 'cannot be loaded: not loaded within 1 s'],
])('%s is refused', async (text, message) => {
  const file = write(path.join(folder(), 'x.mjs'), text);
  const failure = await load(file, { hookTimeLimit: 1000 }).catch((error) => error);
  expect(failure).toMatchObject({ code: 'ERR_PLUGIN', message: expect.stringContaining(message) });
  expect(failure.message).toContain(file);
});

asRoot('options that do not fit are refused with a sentence', async () => {
  const schema = `options: { type: 'object', additionalProperties: false, properties: { level: { enum: ['low', 'high'] } } },`;
  const file = plugin('', schema);
  const given = (options: Record<string, unknown>) => loadRuntime(config([], { plugins: [{ name: file, options }] }), log);
  await expect(given({ levl: 'low' })).rejects.toThrow('levl is unknown');
  await expect(given({ level: 'hig' })).rejects.toMatchObject({ sentence: expect.stringContaining('did you mean "high"?') });
  await expect(loadRuntime(config([], { plugins: [{ name: plugin(''), options: { a: 1 } }] }), log)).rejects.toThrow(
    'x takes no options',
  );
  await expect(load(file, { options: { y: {} } })).rejects.toThrow('options.y: no plugin that is loaded is called y');
});

asRoot('who is asked first can be chosen', async () => {
  const answers = (name: string) =>
    write(
      path.join(folder(), `${name}.mjs`),
      `export default { name: '${name}', api: 1, apply({ hooks }) {
      hooks.unikernel.tap({ name: 'x', stage: -100 }, () => ({ name: '${name}', abi: 'spt', devices: [], commandLine: '' }));
    } };`,
    );
  const files = [answers('unikernel-a'), answers('unikernel-b')];
  const winner = async (unikernel?: string) =>
    (await (await loadRuntime(config(files, { unikernel }), log)).hooks.unikernel.promise(program, container))?.name;
  expect([await winner(), await winner('b'), await winner('unikernel-b'), await winner('a')]).toEqual(
    ['a', 'b', 'b', 'a'].map((name) => `unikernel-${name}`),
  );
  await expect(winner('c')).rejects.toThrow('unikernel: no plugin that is loaded is called c');
});

asRoot('a plugin that others can write is refused, in whichever place the hole is', async () => {
  const holes: Readonly<Record<string, (top: string) => void>> = {
    'the module': (top) => chmodSync(path.join(top, 'x/lib/x.mjs'), 0o666),
    'a module beside it': (top) => chmodSync(path.join(top, 'x/lib/other.mjs'), 0o666),
    'its folder': (top) => chmodSync(path.join(top, 'x'), 0o777),
    'a folder beside it': (top) => chmodSync(path.join(top, 'x/beside'), 0o777),
    'a folder above': (top) => chmodSync(top, 0o777),
    "another's package.json": (top) => chownSync(path.join(top, 'x/package.json'), 1000, 0),
    "a link to a user's file": (top) => {
      const users = write(path.join(folder(), 'users.mjs'), '');
      chownSync(users, 1000, 1000);
      symlinkSync(users, path.join(top, 'x/link.mjs'));
    },
  };
  for (const [where, hole] of Object.entries(holes)) {
    const top = folder();
    write(path.join(top, 'x/package.json'), '{ "exports": { ".": { "types": "./x.d.ts", "import": "./lib/x.mjs" } } }');
    write(path.join(top, 'x/lib/x.mjs'), source('globalThis.wasRun = true;'));
    write(path.join(top, 'x/lib/other.mjs'), '');
    mkdirSync(path.join(top, 'x/beside'));
    symlinkSync('/does/not/exist', path.join(top, 'x/dangling'));
    await expect(names(config([path.join(top, 'x')])), 'as it should be').resolves.toContain('x');
    hole(top);
    await expect(names(config([path.join(top, 'x')])), where).rejects.toThrow('is not trusted');
  }
  expect(globalThis).not.toHaveProperty('wasRun');
});
