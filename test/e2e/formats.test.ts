/** Every form of configuration and of plugin, loaded by the single executable and by Node. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { execa } from 'execa';
import { describe, expect, inject, test } from 'vitest';
import { emptySettings, root, settings } from './etc-runnc.ts';

emptySettings();
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
/** Node strips types since 22.18. */
const nodeRunsTypeScript = major > 22 || (major === 22 && minor >= 18);

const forms: Readonly<Record<string, (said: string) => string>> = {
  json: (said) => said,
  yaml: (said) => `# ${'a comment'}\n${said}\n`,
  yml: (said) => said,
  js: (said) => `export default ${said};`,
  mjs: (said) => `export default Promise.resolve(${said});`,
  cjs: (said) => `module.exports = ${said};`,
  ts: (said) =>
    `interface Settings { readonly memory: string }\nconst settings: Settings = ${said};\nexport default settings satisfies Settings;`,
};
const plugins: Readonly<Record<string, (body: string) => string>> = {
  js: (body) => `export default ${body};`,
  mjs: (body) => `export default ${body};`,
  cjs: (body) => `module.exports = ${body};`,
  ts: (body) => `const name: string = 'x';\nexport default { ...${body}, name };`,
};

const runtimes = { 'the executable': [inject('runnc')], Node: [process.execPath, path.join(root, 'dist/runnc.mjs')] };
interface Described {
  readonly description?: string;
  readonly $ref?: string;
}

const possible = (runtime: string, form: string) => runtime !== 'Node' || form !== 'ts' || nodeRunsTypeScript;

async function shown(runtime: keyof typeof runtimes, ...args: string[]): Promise<string> {
  const [program = '', ...first] = runtimes[runtime];
  const { stdout, stderr, exitCode } = await execa(program, [...first, ...args], { cwd: '/', reject: false });
  return exitCode === 0 ? stdout : stderr;
}

describe.each(Object.keys(runtimes) as (keyof typeof runtimes)[])('%s', (runtime) => {
  test.each(Object.entries(forms))('loads a configuration in .%s', async (form, text) => {
    // A module of commands and one of ES share an extension: the folder's package.json says which it is.
    writeFileSync(`${settings}/package.json`, '{ "type": "module" }');
    writeFileSync(`${settings}/runnc.config.${form}`, text('{ "memory": "48MiB" }'), { mode: 0o644 });
    const said = await shown(runtime, 'config', 'show');
    if (possible(runtime, form)) expect(said).toMatch(/^memory +50331648 +\/etc\/runnc\/runnc\.config\./m);
    else expect(said).toMatch(/Node .* does not run TypeScript/);
  });

  test.each(Object.entries(plugins))('loads a plugin in .%s', async (form, text) => {
    writeFileSync(`${settings}/package.json`, '{ "type": "module" }');
    const file = `${settings}/x.${form}`;
    writeFileSync(file, text(`{ name: 'x', api: 1, apply({ hooks }) { hooks.created.tap('x', () => {}); } }`), { mode: 0o644 });
    writeFileSync(`${settings}/runnc.config.json`, JSON.stringify({ plugins: [file] }), { mode: 0o644 });
    const said = await shown(runtime, 'plugins', 'list');
    if (possible(runtime, form)) expect(said).toMatch(new RegExp(`^x +${file} +created `, 'm'));
    else expect(said).toContain('cannot be loaded');
  });
});

test('what config init writes is completed and checked by an editor, with the schema beside it', async () => {
  await shown('the executable', 'config', 'init');
  const text = readFileSync(`${settings}/runnc.config.yaml`, 'utf8');
  // The comment by which editors (yaml-language-server) find the schema.
  const [, named = ''] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text) ?? [];
  const schema = JSON.parse(readFileSync(path.resolve(settings, named), 'utf8'));
  expect(await shown('the executable', 'config', 'schema')).toBe(`${JSON.stringify(schema, undefined, 2)}`);
  const validate = new Ajv({
    strict: true,
    allowUnionTypes: true,
    strictTypes: false,
    strictRequired: false,
    strictTuples: false,
  }).compile(schema);
  expect(validate({ memory: '64MiB', plugins: [['tender-spt', { execHeap: 'off' }]] })).toBe(true);
  expect(validate({ memery: '64MiB' })).toBe(false);
  expect(validate({ plugins: [['tender-spt', { execHeap: 'perhaps' }]] })).toBe(false);
  const described = ({ description, $ref = '' }: Described) =>
    description ?? (schema.definitions[$ref.slice($ref.lastIndexOf('/') + 1)] as Described).description;
  for (const [key, property] of Object.entries(schema.properties as Record<string, Described>))
    expect({ key, description: described(property) }).toEqual({ key, description: expect.stringMatching(/\w{3}/) });
});
