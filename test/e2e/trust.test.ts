/** Who may write what runnc believes, tried with the executable: each rule by somebody who breaks it. */
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { emptySettings, settings } from './etc-runnc.ts';
import { workplace } from './workplace.ts';

const place = workplace();
const { folder: tmp, configure } = emptySettings();
const nobody = 65534;

let top = '';
/** Written by code that was run and should not have been. */
let mark = '';
beforeEach(() => {
  // Beneath /run, which is root's alone.
  top = mkdtempSync('/run/runnc-trust-');
  chmodSync(top, 0o755);
  mark = path.join(tmp(), 'was-run');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const evil = () => `require('node:fs').writeFileSync('${mark}', ''); module.exports = {};`;

function write(file: string, content: string): string {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(file, content, { mode: 0o644 });
  return file;
}

/** `runnc create` with this configuration: what it says, and that nothing was run and nothing is left. */
async function create(options: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const bundle = place.bundle('trusting', ['/hello']);
  const args = ['--root', path.join(top, 'state'), ...options, 'run', '--bundle', bundle, 'trusting'];
  const { stderr, stdout, exitCode } = await execa(inject('runnc'), args, { env, reject: false, stdin: 'ignore' });
  expect(existsSync(mark)).toBe(false);
  return exitCode === 0 ? stdout : stderr;
}

describe.each(['a configuration', 'a plugin'])('%s', (what) => {
  /** Options by which runnc is to read this file. */
  const naming = (file: string): readonly string[] => {
    if (what === 'a configuration') return ['--config', file];
    configure({ plugins: [file] });
    return [];
  };

  test('in a folder that everybody can write', async () => {
    const file = write(path.join(top, 'open/inner/evil.cjs'), evil());
    chmodSync(path.join(top, 'open'), 0o777);
    expect(await create(naming(file))).toContain(`${path.join(top, 'open')} can be written by others than root (mode 0777)`);
  });

  test('below /tmp, sticky as it is', async () => {
    expect(await create(naming(write(path.join(tmp(), 'evil.cjs'), evil())))).toContain(
      '/tmp can be written by others than root',
    );
  });

  test('that is a link to a file of a user', async () => {
    const file = write(path.join(top, 'home/evil.cjs'), evil());
    chownSync(path.join(top, 'home'), nobody, nobody);
    chownSync(file, nobody, nobody);
    symlinkSync(file, path.join(top, 'link.cjs'));
    expect(await create(naming(path.join(top, 'link.cjs')))).toMatch(
      /link\.cjs \(that is, .*evil\.cjs\) is not trusted: .*belongs to user 65534/,
    );
  });

  test('that its group can write', async () => {
    const file = write(path.join(top, 'evil.cjs'), evil());
    chmodSync(file, 0o664);
    expect(await create(naming(file))).toContain('can be written by others than root (mode 0664)');
  });
});

test('a package of which one file, deep within, is not root’s', async () => {
  const at = path.join(settings, 'node_modules/runnc-plugin-x');
  write(path.join(at, 'package.json'), '{ "exports": "./index.cjs" }');
  write(path.join(at, 'index.cjs'), evil());
  const deep = write(path.join(at, 'lib/deep/more.js'), '');
  chownSync(deep, nobody, nobody);
  configure({ plugins: ['runnc-plugin-x'] });
  expect(await create([])).toContain(`${deep} belongs to user ${nobody}`);
});

test('a package whose package.json leads out of it', async () => {
  write(path.join(tmp(), 'evil.cjs'), evil());
  const at = path.join(settings, 'node_modules/runnc-plugin-x');
  write(path.join(at, 'package.json'), JSON.stringify({ exports: `../../../..${tmp()}/evil.cjs` }));
  configure({ plugins: ['runnc-plugin-x'] });
  expect(await create([])).toContain('its package.json leads out of its folder');
});

test('$RUNNC_CONFIG of root counts, and is judged as any other; that of the container does not', async () => {
  const file = write(path.join(tmp(), 'evil.cjs'), evil());
  expect(await create([], { RUNNC_CONFIG: file })).toContain('/tmp can be written by others than root');
  expect(await create([], { RUNNC_CONFIG: write(path.join(top, 'runnc.config.yaml'), 'memory: 1\n') })).toContain('memory');
  const bundle = place.bundle('told', ['/hello'], { process: { env: [`RUNNC_CONFIG=${file}`] } });
  expect((await place.runnc(['run', '--bundle', bundle, 'told'])).status).toBe(0);
  expect(existsSync(mark)).toBe(false);
});

test.each(['runnc.config.cjs', 'runnc.config.json', '.runncrc', 'package.json', 'node_modules/runnc-plugin-x/index.js'])(
  'a bundle that carries %s carries a file',
  async (name) => {
    const bundle = place.bundle('carrying', ['/hello']);
    const content = name.endsWith('.json') ? '{ "memory": "1", "type": "commonjs", "runnc": { "memory": "1" } }' : evil();
    for (const at of [bundle, path.join(bundle, 'rootfs')]) write(path.join(at, name), content);
    const { status } = await place.runnc(['run', '--bundle', bundle, 'carrying'], { cwd: bundle });
    expect({ status, run: existsSync(mark) }).toEqual({ status: 0, run: false });
  },
);

test('an annotation that names a plugin, a configuration or options is none of runnc.config', async () => {
  const file = write(path.join(top, 'evil.cjs'), evil());
  const names = ['plugins', 'plugin', 'config', 'options', 'profile', 'cacheDirectory', 'allowAnnotations', 'hookTimeLimit'];
  const annotations = Object.fromEntries(names.map((name) => [`org.runnc.${name}`, name === 'options' ? '' : file]));
  // Even where annotations are allowed all that they may be.
  configure({ allowAnnotations: ['memory', 'hugePages', 'tender', 'unikernel', 'rootfs', 'network'] });
  const bundle = place.bundle('annotated', ['/hello'], { annotations });
  const { exitCode } = await execa(inject('runnc'), ['--root', path.join(top, 'state'), 'run', '--bundle', bundle, 'annotated'], {
    reject: false,
  });
  expect({ exitCode, run: existsSync(mark) }).toEqual({ exitCode: 0, run: false });
  configure({ plugins: [], allowAnnotations: ['plugins'] });
  expect(await create([])).toContain('allowAnnotations');
});
