/** Plugins of others through Docker: the author's page word for word, the packed example, and one that answers nonsense. */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, inject, onTestFinished, test } from 'vitest';
import { containers } from './containers.ts';
import { startEngine } from './engine/engine.ts';
import { nothingLeft, traces } from './engine/traces.ts';
import { commands, emptySettings, follow, installExample, patienceWithRegistry, settings } from './etc-runnc.ts';

const { run, docker, buildImage, address } = containers();
const { folder: folderOf, configure } = emptySettings();

test("the author's page, word for word", { timeout: patienceWithRegistry }, async () => {
  await buildImage('runnc-hello', { files: { '/hello.spt': `${inject('guests')}/hello.spt` }, entrypoint: ['/hello.spt'] });
  const { stdout } = await follow(commands('docs/plugins.md', 'From nothing to a container'), folderOf(), address);
  expect(stdout).toContain('command line: <is it so?>');
  expect(stdout).toContain('/etc/runnc/runnc.config.yaml: right');
});

/** Only what hangs is waited for briefly: on a busy machine the others take their time. */
const limitFor = (what: string) => (what.includes('hangs') ? { hookTimeLimit: 1 } : {});

test('the example, packed with npm, counts containers', async () => {
  await installExample('plugin-prometheus', folderOf());
  const directory = path.join(folderOf(), 'metrics');
  configure({ plugins: [['runnc-plugin-prometheus', { directory }]] });
  expect(await run(['/hello'])).toMatchObject({ status: 0 });
  const metrics = readFileSync(path.join(directory, 'runnc.prom'), 'utf8');
  for (const event of ['created', 'started', 'stopped', 'deleted'])
    expect(metrics).toContain(`\nrunnc_containers_${event}_total 1\n`);
});

test.each([
  ['throws', `hooks.launch.tap('x', () => { throw new Error('no reason'); });`, 'failed in launch: no reason'],
  ['hangs', `hooks.launch.tapPromise('x', () => new Promise(() => {}));`, 'failed in launch: no answer within 1 s'],
  [
    'answers nonsense',
    `hooks.launch.tap('x', (launch) => ({ ...launch, memory: '1' }));`,
    'launch.memory must be an integer, not a string',
  ],
])('one that %s is named, and nothing of the container is left', async (what, body, message) => {
  const file = `${settings}/x.mjs`;
  const taken = `const r = resource({ name: 'x', acquire: async () => 1, release: async () => {} });
    hooks.create.tapPromise('x', (container) => r.take(container, undefined));`;
  writeFileSync(file, `export default { name: 'x', api: 1, apply({ hooks, resource }) { ${taken} ${body} } };`, { mode: 0o644 });
  configure({ plugins: [file], ...limitFor(what) });
  const before = await traces(address);
  const { status, stderr } = await run(['/hello']);
  expect(status).toBe(125);
  expect(stderr).toContain(`plugin x (${file})`);
  expect(stderr).toContain(message);
  await nothingLeft(address, before);
});

/** Without an engine, for annotations: Docker passes them since version 24. */
async function runBundle(args: readonly string[], annotations: Readonly<Record<string, string>> = {}) {
  const bundle = path.join(folderOf(), 'bundle');
  rmSync(bundle, { recursive: true, force: true });
  cpSync(inject('guests'), path.join(bundle, 'rootfs'), { recursive: true });
  await execa(inject('runnc'), ['spec', '--bundle', bundle]);
  const spec = JSON.parse(readFileSync(`${bundle}/config.json`, 'utf8'));
  writeFileSync(`${bundle}/config.json`, JSON.stringify({ ...spec, annotations, process: { ...spec.process, args } }));
  return execa(inject('runnc'), ['run', '--bundle', bundle, path.basename(folderOf())], { reject: false, stdin: 'ignore' });
}

test('settings of an image and an annotation that is allowed', async () => {
  configure({ images: [{ match: '/big-*', use: { memory: '32m' } }], allowAnnotations: ['memory'] });
  const memory = async (annotations?: Readonly<Record<string, string>>) =>
    Number(/memory: (\d+)/.exec((await runBundle(['/big-memory.spt', '0', '1'], annotations)).stdout)?.[1]);
  expect(await memory()).toBe(32 * 2 ** 20);
  expect(await memory({ 'org.runnc.memory': '16m' })).toBe(16 * 2 ** 20);
  const { exitCode, stderr } = await runBundle(['/hello.spt'], { 'org.runnc.tender': 'spt' });
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: expect.stringContaining('the annotation org.runnc.tender is not allowed'),
  });
});

test('nothing of the image or the container chooses configuration or plugins', async () => {
  const evil = path.join(folderOf(), 'evil.mjs');
  const mark = path.join(folderOf(), 'was-run');
  const content = `import { writeFileSync } from 'node:fs'; writeFileSync('${mark}', ''); export default {};`;
  writeFileSync(evil, content, { mode: 0o644 });
  const places = ['/runnc.config.mjs', '/etc/runnc/runnc.config.mjs', '/etc/runnc/node_modules/x/index.mjs'];
  await buildImage('evil', {
    files: { '/hello': `${inject('guests')}/hello.spt`, ...Object.fromEntries(places.map((place) => [place, evil])) },
    entrypoint: ['/hello'],
    env: { RUNNC_CONFIG: '/runnc.config.mjs' },
  });
  expect(await docker('run', '--rm', '--runtime=runnc', 'evil')).toMatchObject({ status: 0 });
  expect(await docker('run', '--rm', '--runtime=runnc', '--env', `RUNNC_CONFIG=${evil}`, 'evil')).toMatchObject({ status: 0 });
  const keys = ['plugins', 'config', 'options', 'cacheDirectory'].map((key) => [`org.runnc.${key}`, evil] as const);
  expect(await runBundle(['/hello.spt'], Object.fromEntries(keys))).toMatchObject({ exitCode: 0 });
  configure({ plugins: [evil] });
  expect((await run(['/hello'])).stderr).toContain(`${evil} is not trusted: /tmp can be written by others than root`);
  expect(existsSync(mark)).toBe(false);
});

test('three runtimes on one configuration, by profiles', async () => {
  configure({ memory: '64m', profiles: { small: { memory: '16m' }, none: { tender: { allowed: ['hvt'] } } } });
  const runtime = (name: string) => ({ path: inject('runnc'), args: ['--profile', name] });
  const engine = await startEngine({
    runtimes: { runnc: { path: inject('runnc') }, small: runtime('small'), none: runtime('none') },
  });
  onTestFinished(engine.stop);
  await engine.buildImage('memory', {
    files: { '/memory': `${inject('guests')}/big-memory.spt` },
    entrypoint: ['/memory', '0', '1'],
  });
  const said = async (name: string) => engine.docker('run', '--rm', `--runtime=${name}`, 'memory');
  expect((await said('runnc')).stdout).toContain(`memory: ${64 * 2 ** 20}`);
  expect((await said('small')).stdout).toContain(`memory: ${16 * 2 ** 20}`);
  expect((await said('none')).stderr).toContain('needs the tender spt, which runnc.config does not allow');
});

test('one image, two backends: the line that says which is all that changes', async () => {
  const program = (name: string) => path.join(inject('guests'), `start-state.${name}`);
  await buildImage('two-backends', {
    files: { '/state.spt': program('spt'), '/state.hvt': program('hvt') },
    entrypoint: ['/state'],
  });
  const said = async () => (await docker('run', '--rm', '--runtime=runnc', 'two-backends')).stdout;
  // Where boot information is tells them apart: spt has it at 0x11000, hvt at 0x10000.
  const of = { spt: 'argument: 0x11000\n', hvt: 'argument: 0x10000\n' };
  for (const preferred of existsSync('/dev/kvm') ? (['spt', 'hvt', 'spt'] as const) : (['spt'] as const)) {
    writeFileSync(`${settings}/runnc.config.yaml`, `memory: 32MiB\ntender: { preferred: ${preferred} }\n`, { mode: 0o644 });
    expect(await said()).toContain(of[preferred]);
  }
  // And by image: Solo5's program for hvt is left to the image that asks for it.
  if (!existsSync('/dev/kvm')) return;
  const rule = '[{ match: /state, use: { tender: { preferred: hvt } } }]';
  writeFileSync(`${settings}/runnc.config.yaml`, `memory: 32MiB\nimages: ${rule}\n`, { mode: 0o644 });
  expect(await said()).toContain(of.hvt);
});

test('a plugin replaces a built-in one, through Docker', async () => {
  const file = `${settings}/solo5.mjs`;
  const body = `hooks.unikernel.tap('x', (program) => ({ name: 'solo5', abi: abiOf(program), devices: [], commandLine: 'said by another' }));`;
  writeFileSync(file, `export default { name: 'unikernel-solo5', api: 1, apply({ hooks, abiOf }) { ${body} } };`, {
    mode: 0o644,
  });
  configure({ plugins: [file] });
  expect((await run(['/hello', 'x'])).stdout).toBe('Hello from a unikernel\ncommand line: <said by another>\n');
});

test.each([
  ['at start, throws', `hooks.start.tap('x', () => { throw new Error('no reason'); });`, 'failed in start: no reason'],
  ['at start, hangs', `hooks.start.tapPromise('x', () => new Promise(() => {}));`, 'failed in start: no answer within 1 s'],
  [
    'plans nonsense',
    `hooks.tender.tap('x', () => ({ name: 'x', open: [], plan: async () => 5 }));`,
    'failed in the plan of tender',
  ],
  [
    'hangs in its plan',
    `hooks.tender.tap('x', () => ({ name: 'x', open: [], plan: () => new Promise(() => {}) }));`,
    'no answer within',
  ],
])('one that %s is named, and nothing of the container is left', async (what, body, message) => {
  const file = `${settings}/x.mjs`;
  writeFileSync(file, `export default { name: 'x', api: 1, apply({ hooks }) { ${body} } };`, { mode: 0o644 });
  configure({ plugins: [file], ...limitFor(what) });
  const before = await traces(address);
  const { status, stderr } = await run(['/hello']);
  expect({ status, stderr }).toMatchObject({ status: 125, stderr: expect.stringContaining(`plugin x (${file})`) });
  expect(stderr).toContain(message);
  await nothingLeft(address, before);
});
