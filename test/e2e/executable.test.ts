/** The executable by itself: no Node, no node_modules, and nothing from the working directory, which is the bundle. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, inject, onTestFinished, test } from 'vitest';

const runnc = inject('runnc');
const hello = path.join(inject('guests'), 'hello.spt');

function temporaryFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(path.join(parent, 'runnc-executable-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A bundle of hello, made with the executable's own `spec`. */
async function makeBundle(program: string, folder: string): Promise<void> {
  mkdirSync(path.join(folder, 'rootfs'));
  cpSync(hello, path.join(folder, 'rootfs/hello'));
  await execa(program, ['spec'], { cwd: folder, extendEnv: false });
  const file = path.join(folder, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  Object.assign(config.process, { terminal: false, args: ['/hello', 'from here'] });
  writeFileSync(file, JSON.stringify(config));
}

/**
 * Plants what would be run or believed if the engine inside runnc, or a library, looked for settings in the working
 * directory. Returns a check that none of it was opened or even looked for.
 */
function plantTraps(folder: string): (opened: readonly string[]) => void {
  const trap = `require('node:fs').writeFileSync(${JSON.stringify(path.join(folder, 'trapped'))}, '');`;
  const files = {
    'bunfig.toml': 'preload = ["./trap.cjs"]',
    '.env': 'RUNNC_CONFIG=/nowhere.json',
    '.env.local': 'RUNNC_CONFIG=/nowhere.json',
    '.env.production': 'RUNNC_CONFIG=/nowhere.json',
    'package.json': '{"imports": {"#koffi": "./trap.cjs"}, "cosmiconfig": {"searchPlaces": ["trap.cjs"]}}',
    'tsconfig.json': '{"compilerOptions": {"paths": {"*": ["./trap.cjs"]}}}',
    'runnc.config.cjs': trap,
    '.config/config.js': trap,
    '.config/config.cjs': trap,
    'trap.cjs': trap,
    'node_modules/typescript/index.js': trap,
    'node_modules/koffi/index.js': trap,
    'node_modules/commander/index.js': trap,
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return (opened) => {
    const top = ['trapped', ...Object.keys(files)].map((name) => path.join(folder, name.split('/')[0] ?? ''));
    expect(opened.filter((file) => top.some((name) => file === name || file.startsWith(`${name}/`)))).toEqual([]);
    expect(existsSync(path.join(folder, 'trapped'))).toBe(false);
  };
}

test('runs from an empty folder, with an empty environment, without Node and node_modules', async () => {
  // A copy elsewhere: beside the original, node_modules would be found by the path that is baked in.
  const program = path.join(temporaryFolder(), 'runnc');
  cpSync(runnc, program);
  const bundle = temporaryFolder();
  await makeBundle(program, bundle);
  const files = await opened(program, ['run', 'executable-alone'], bundle);
  expect(files.filter((file) => file.includes('node_modules') || path.basename(file) === 'node')).toEqual([]);
});

test('reads nothing in the working directory but the bundle', async () => {
  const bundle = temporaryFolder();
  await makeBundle(runnc, bundle);
  const checkTraps = plantTraps(bundle);
  checkTraps(await opened(runnc, ['run', 'executable-trapped'], bundle));
});

test('reads nothing in the working directory when it loads a configuration', async () => {
  const bundle = temporaryFolder();
  await makeBundle(runnc, bundle);
  const checkTraps = plantTraps(bundle);
  for (const [name, content] of [
    ['runnc.config.json', '{}'],
    ['runnc.config.yaml', ''],
    ['runnc.config.cjs', 'module.exports = {};'],
    ['runnc.config.mjs', 'export default {};'],
  ] as const) {
    // Not in /tmp: a configuration counts only where nobody but root could have written it.
    const config = path.join(temporaryFolder('/run'), name);
    writeFileSync(config, content);
    const files = await opened(runnc, ['--config', config, 'run', 'executable-configured'], bundle);
    expect(files).toContain(config);
    checkTraps(files);
  }
});

/** Runs the program in `folder`, under strace, and tells which files it opened, ran or asked for: absolute paths. */
async function opened(program: string, args: readonly string[], folder: string): Promise<string[]> {
  const log = path.join(temporaryFolder(), 'strace');
  const { exitCode, stderr } = await execa('strace', ['-f', '-qq', '-e', 'trace=%file', '-o', log, program, ...args], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    extendEnv: false,
    reject: false,
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  // The first string of a call is its path; after the number of a folder's descriptor it is relative to that folder.
  const paths = readFileSync(log, 'utf8').matchAll(/^\d+ +\w+\((?:AT_FDCWD, )?"((?:[^"\\]|\\.)+)"/gm);
  return [...paths].map(([, file = '']) => path.resolve(folder, file));
}

test('does not know the folder in which it was built: the same source makes the same bytes anywhere', () => {
  const root = path.resolve(import.meta.dirname, '../..');
  expect(readFileSync(inject('runnc')).includes(`${root}/`)).toBe(false);
});
