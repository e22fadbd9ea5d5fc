import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RunncError } from '../errors.ts';
import { encodeElf, solo5Elf } from './elf.fixture.ts';
import { openProgram } from './program.ts';

/** A rootfs: a string value is a symlink's target, bytes are a file, null a directory. Beside it lies a program `outside`. */
function rootfs(tree: Record<string, string | Uint8Array | null>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'runnc-program-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'outside'), program);
  const root = join(folder, 'rootfs');
  mkdirSync(root);
  for (const [path, content] of Object.entries(tree)) {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    if (content === null) mkdirSync(place);
    else if (typeof content === 'string') symlinkSync(content, place);
    else writeFileSync(place, content, { mode: 0o644 });
  }
  return root;
}

const program = encodeElf(solo5Elf([{ name: 'storage', kind: 'block' }]));

interface Asked {
  env?: string[];
  cwd?: string;
}

/** The path under which the program is found, or the sentence that says why not. */
async function found(root: string, name: string, { env = [], cwd = '/' }: Asked = {}): Promise<string> {
  try {
    const { fd, path } = await openProgram({ rootfs: root, args: [name, 'argument'], env, cwd });
    closeSync(fd);
    return path;
  } catch (error) {
    if (error instanceof RunncError) return `${error.code}: ${error.sentence}`;
    throw error;
  }
}

test('the program is opened and its headers and notes are read', async () => {
  const root = rootfs({ hello: program });
  const opened = await openProgram({ rootfs: root, args: ['/hello'], env: [] });
  onTestFinished(() => closeSync(opened.fd));
  expect(opened).toMatchObject({
    path: '/hello',
    size: program.length,
    elf: { machine: 62 },
    solo5: { abi: { target: 2, version: 2 }, manifest: { devices: [{ name: 'storage', kind: 'block', handle: 1 }] } },
  });
});

test('a name without a slash is looked up in PATH of the container, the last one given', async () => {
  const root = rootfs({ 'a/hello': program, 'b/hello': program });
  expect(await found(root, 'hello', { env: ['PATH=/a:/b'] })).toBe('/a/hello');
  expect(await found(root, 'hello', { env: ['PATH=/a', 'PATH=/none:/b:/a'] })).toBe('/b/hello');
});

test('without PATH in the environment the usual folders are searched, and the top of the image last', async () => {
  expect(await found(rootfs({ 'usr/bin/hello': program, hello: program }), 'hello')).toBe('/usr/bin/hello');
  expect(await found(rootfs({ hello: program }), 'hello')).toBe('/hello');
});

test('empty and relative entries of PATH do not mean the working directory', async () => {
  const root = rootfs({ 'work/hello': program });
  expect(await found(root, 'hello', { env: ['PATH=:work:.:'], cwd: '/work' })).toContain(
    'is not in the image (looked for "/hello")',
  );
});

test('a relative name with a slash starts from the working directory', async () => {
  const root = rootfs({ 'work/bin/hello': program });
  expect(await found(root, './bin/hello', { cwd: '/work' })).toBe('/work/bin/hello');
  expect(await found(root, 'bin/hello', { cwd: 'work/' })).toBe('/work/bin/hello');
});

test('a program that is nowhere is one sentence with the places looked at', async () => {
  expect(await found(rootfs({}), 'hello', { env: ['PATH=/bin:/sbin'] })).toBe(
    `ERR_NO_PROGRAM: program "hello" is not in the image (looked for "/bin/hello", "/sbin/hello", "/hello"): no such file or directory; check the image's ENTRYPOINT and CMD, and that they name the file as it is in the image`,
  );
  expect(await found(rootfs({ hello: program }), '/hello/world')).toContain(
    'ERR_NO_PROGRAM: program "/hello/world" is not in the image',
  );
});

test.each([
  ['an absolute symlink', { hello: '/target', target: program }, '/hello', '/target'],
  ['`..` at the top of the rootfs', { hello: '../../../../target', target: program }, '/hello', '/target'],
  ['`..` in the name', { target: program }, '/../../../target', '/target'],
  ['`..` in the working directory', { target: program }, './../../target', '/target'],
  ['a symlinked folder', { bin: '/usr/bin', 'usr/bin/hello': program }, '/bin/hello', '/usr/bin/hello'],
])('%s is followed inside the rootfs', async (_, tree, name, path) => {
  expect(await found(rootfs(tree), name, { cwd: '/../../..' })).toBe(path);
});

test('no symlink reaches a program outside of the rootfs', async () => {
  const root = rootfs({ up: '../outside', upper: 'folder/../../../outside', folder: null, proc: null });
  for (const name of ['/up', '/upper', '/../outside', join(root, '../outside')]) {
    expect(await found(root, name)).toContain('is not in the image');
  }
  symlinkSync(join(root, '../outside'), join(root, 'absolute'));
  symlinkSync('/proc/self/root', join(root, 'host'));
  expect(await found(root, '/absolute')).toContain('is not in the image');
  expect(await found(root, `/host${root}/../outside`)).toContain('is not in the image');
});

test('a magic link of a /proc in the rootfs is refused, not followed', async () => {
  // The host's own root as rootfs: the only /proc that a test can have without mounting one.
  const root = rootfs({});
  expect(await found('/', `/proc/self/root${root}/../outside`)).toContain('ERR_NO_PROGRAM: program "/proc/self/root');
  expect(await found('/', `/proc/self/root${root}/../outside`)).toContain('through /proc to a running process');
});

test('what is not a regular file is not opened', async () => {
  const root = rootfs({ folder: null, loop: '/pool', pool: '/loop' });
  execFileSync('mkfifo', [join(root, 'pipe')]);
  expect(await found(root, '/folder')).toContain('ERR_NO_PROGRAM: program "/folder" is a directory, not a regular file');
  expect(await found(root, '/pipe')).toContain('ERR_NO_PROGRAM: program "/pipe" is a named pipe, not a regular file');
  expect(await found(root, '/loop')).toContain('ERR_NO_PROGRAM: program "/loop" is a symbolic link that leads in a circle');
  expect(await found('/', '/dev/null')).toContain('ERR_NO_PROGRAM: program "/dev/null" is a device, not a regular file');
});

test('a folder of the name in one entry of PATH does not hide the program in the next', async () => {
  const root = rootfs({ 'a/hello': null, 'b/hello': program });
  expect(await found(root, 'hello', { env: ['PATH=/a:/b'] })).toBe('/b/hello');
  expect(await found(root, 'hello', { env: ['PATH=/a'] })).toContain('program "/a/hello" is a directory');
});

test.each([
  ['', 'ERR_NO_PROGRAM: the container has no program to start'],
  ['/hello\0', 'ERR_NO_PROGRAM: program "/hello\\u0000" has a NUL byte in its name'],
  [`/${'x'.repeat(300)}`, 'has a name that is too long'],
])('the name %j is refused', async (name, sentence) => {
  expect(await found(rootfs({ hello: program }), name)).toContain(sentence);
});

test('a rootfs that is not there is an error of the bundle', async () => {
  expect(await found('/nonexistent/rootfs', '/hello')).toContain(
    'ERR_BUNDLE: the root file system "/nonexistent/rootfs" cannot be opened: ENOENT',
  );
});
