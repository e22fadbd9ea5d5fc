/** Each kind of unikernel through Docker: what its command line has to be, by guests that read it as the real ones do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { containers } from './containers.ts';
import { dockerAt } from './engine/docker.ts';
import { type Engine, startEngine } from './engine/engine.ts';

const { docker, buildImage } = containers();
const guests = inject('guests');
const run = (name: string, ...args: string[]) =>
  docker('run', '--rm', '--runtime=runnc', ...args.slice(0, -1), name, ...JSON.parse(args.at(-1) ?? '[]'));

beforeAll(async () => {
  const disk = Buffer.alloc(4 * 512);
  disk.write('the first block');
  await buildImage('nabla', {
    files: { '/node.nabla': `${guests}/rumprun-args.legacy` },
    entrypoint: ['/node.nabla'],
    env: { FROM_IMAGE: 'a b' },
    workdir: '/srv',
  });
  await buildImage('mirage', { files: { '/unikernel': `${guests}/mirage-args.spt` }, entrypoint: ['/unikernel'] });
  await buildImage('legacy', {
    files: {
      '/disk': disk,
      '/devices': `${guests}/legacy-devices.legacy`,
      '/hello': `${guests}/hello.legacy`,
      '/exit-code': `${guests}/exit-code.legacy`,
      '/clock': `${guests}/clock.legacy`,
      '/forbidden': `${guests}/forbidden.legacy`,
      '/runnc.json': Buffer.from('{"unikernel": "solo5"}'),
    },
  });
});

test('an image of the nabla project: its program, variables, folder and arguments arrive as they are', async () => {
  const args = ['/app.js', '--name=a b', '', '{"json": ["x\\ty"]}', 'tab\there', 'ü🙂'];
  const { stdout, stderr, status } = await run(
    'nabla',
    '-e',
    'GIVEN=line\nbreak',
    '-w',
    '/work dir',
    '--hostname=web',
    JSON.stringify(args),
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('hostname: <web>\n');
  expect(stdout).toContain('env: <FROM_IMAGE=a b>\n');
  expect(stdout).toContain('env: <GIVEN=line\nbreak>\n');
  expect(stdout).toContain('cwd: </work dir>\n');
  expect(stdout.slice(stdout.indexOf('arg: '))).toBe(['/node.nabla', ...args].map((arg) => `arg: <${arg}>\n`).join(''));
});

test('what rumprun cannot be told is refused, and named', async () => {
  const { status, stderr } = await run('nabla', '-e', 'QUOTED="x"', '[]');
  expect({ status, stderr }).toEqual({
    status: 125,
    stderr: expect.stringContaining('the environment variable "QUOTED=\\"x\\""'),
  });
});

test('single quotes arrive by the other of its two forms', async () => {
  const { stdout, status } = await run('nabla', `["it's", "a  b", ""]`);
  expect({ status, args: stdout.slice(stdout.indexOf('arg: ')) }).toEqual({
    status: 0,
    args: "arg: </node.nabla>\narg: <it's>\narg: <a  b>\narg: <>\n",
  });
});

test('MirageOS gets its arguments without a program in front, escaped as it splits them', async () => {
  const args = ['--hello=a "b" c', "it's", 'C:\\dir', 'tab\there', '--', '-l', '*:debug'];
  expect(await run('mirage', JSON.stringify(args))).toEqual({
    status: 0,
    stderr: '',
    stdout: args.map((arg) => `word: <${arg}>\n`).join(''),
  });
});

test.each([
  ['["/hello", "a  b"]', { status: 0, stderr: '', stdout: 'Hello from a unikernel\ncommand line: <a  b>\n' }],
  ['["/exit-code", "42"]', { status: 42, stderr: '', stdout: '' }],
  ['["/clock"]', { status: 0, stderr: '', stdout: expect.stringContaining('monotonic after 20 ms') }],
  ['["/forbidden"]', { status: 159, stderr: '', stdout: expect.any(String) }],
  // epoll_pwait is of today, not of 2018.
  ['["/forbidden", "281"]', { status: 159, stderr: '', stdout: expect.any(String) }],
  [
    '["/devices", "info", "thread"]',
    { status: 0, stderr: '', stdout: expect.stringContaining('disk: 0 size: 0 block: 0\nnet: 0') },
  ],
  ['["/devices", "thread"]', { status: 0, stderr: '', stdout: 'canary: 0x0\n' }],
  ['["/devices", "other-mask"]', { status: 159, stderr: '', stdout: '' }],
  ['["/devices", "execute-heap"]', { status: 139, stderr: '', stdout: 'about to run the heap\n' }],
])('a guest of 2018: %s', async (args, expected) => {
  expect(await run('legacy', '--network=none', args)).toEqual(expected);
});

test('the disk of a guest of 2018 is read and written a block at a time, and not past its end', async () => {
  const disk = ['--network=none', '-e', 'RUNNC_BLOCK_storage=/disk'];
  expect(await run('legacy', ...disk, '["/devices", "info", "disk"]')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^disk: 1 size: 2048 block: 512\n[\s\S]*the first block\nwritten by the guest\n$/),
  });
  expect(await run('legacy', '--network=none', '-e', 'RUNNC_BLOCK_storage=/disk,ro', '["/devices", "disk"]')).toMatchObject({
    status: 0,
    stdout: 'the first block\nread-only\n',
  });
  expect(await run('legacy', ...disk, '["/devices", "past-end"]')).toMatchObject({ status: 159 });
});

test('the network device of a guest of 2018 is the tap of its container', async () => {
  const { stdout, status, stderr } = await run('legacy', '["/devices", "info", "net"]');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^disk: 0 .*\nnet: 1 mac: 0x2:0x42:[\s\S]*frame came\nsent\n$/);
});

test('rumprun and MirageOS are told of the address that Docker gave', async () => {
  expect((await run('nabla', '[]')).stdout).toMatch(
    /^net: if=ukvmif0 cloner=True type=inet method=static addr=172\.\d+\.\d+\.\d+ mask=16 gw=172\.\d+\.0\.1$/m,
  );
});

// Another engine, whose runnc reads a configuration.
let engine: Engine | undefined;
const folder = mkdtempSync('/run/runnc-backends-');
const config = path.join(folder, 'runnc.config.json');
afterAll(async () => {
  await engine?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('one line of runnc.config takes the same image for another kind of unikernel', async () => {
  writeFileSync(config, '{}');
  engine = await startEngine({ runtimes: { runnc: { path: inject('runnc'), args: ['--config', config] } } });
  const other = dockerAt(engine.address);
  await other.buildImage('app', {
    files: { '/app': `${guests}/hello.spt`, '/runnc.json': Buffer.from('{"unikernel": "solo5"}') },
    entrypoint: ['/app', 'a b'],
  });
  const line = async (settings: object) => {
    writeFileSync(config, JSON.stringify(settings));
    const { stdout, stderr } = await other.docker('run', '--rm', '--runtime=runnc', '--hostname=h', 'app');
    return /<([\s\S]*)>/.exec(stdout)?.[1] ?? stderr;
  };
  expect(await line({})).toBe('a b');
  expect(await line({ unikernel: 'mirage' })).toBe('a\\ b');
  expect(await line({ unikernel: 'rumprun' })).toMatch(/^\{"hostname":"h","env":.*"cmdline":"\/app 'a b'"\}$/);
  expect(await line({ unikernel: 'unikraft' })).toContain('no plugin that is loaded is called unikraft');
});

test('what runnc.config says of executable heaps, and of images for another runtime', async () => {
  const other = dockerAt((engine as Engine).address);
  await other.buildImage('both', {
    files: { '/node.nabla': `${guests}/legacy-devices.legacy`, '/other.nabla': `${guests}/legacy-devices.legacy` },
  });
  await other.buildImage('ordinary', { files: { '/linux': `${guests}/linux`, '/pause': `${guests}/pause` } });
  const run = (options: object, ...args: string[]) => {
    writeFileSync(config, JSON.stringify({ options }));
    return other.docker('run', '--rm', '--runtime=runnc', '--network=none', ...args);
  };
  const heap = async (execHeap: string, program: string) =>
    (await run({ 'tender-spt': { execHeap } }, 'both', program, 'execute-heap')).status;
  // 139: a segmentation fault.
  expect(await heap('auto', '/node.nabla')).toBe(0);
  expect(await heap('auto', '/other.nabla')).toBe(139);
  expect(await heap('off', '/node.nabla')).toBe(139);
  expect(await heap('on', '/other.nabla')).toBe(0);

  const refused = { status: 125, stderr: expect.stringContaining('not a unikernel that runnc knows') };
  expect(await run({ 'delegate-oci': { delegate: 'all' } }, 'ordinary', '/linux')).toEqual({
    status: 0,
    stderr: '',
    stdout: 'Hello from Linux\n',
  });
  expect(await run({ 'delegate-oci': { delegate: 'sandbox' } }, 'ordinary', '/linux')).toMatchObject(refused);
  expect(await run({ 'delegate-oci': { delegate: 'refuse' } }, 'ordinary', '/pause')).toMatchObject(refused);
});
