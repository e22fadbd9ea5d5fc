/** IncludeOS programs under the example plugin's qemu: by a guest that says and splits what they do (test/guests/multiboot). */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { containers } from './containers.ts';
import { emptySettings, root, settings } from './etc-runnc.ts';
import { buildService } from './multiboot-service.ts';

const { docker, must, buildImage } = containers();
const { configure } = emptySettings();
const config = (first: object) => JSON.stringify({ net: [{ iface: 0, ...first }] });
const fixed = { config: 'static', address: '10.77.0.42', netmask: '255.255.255.0', gateway: '10.77.0.1' };

let folder = '';
async function build(name: string, json: string): Promise<string> {
  const own = path.join(folder, name);
  mkdirSync(own);
  writeFileSync(path.join(own, 'config.json'), json);
  return await buildService('includeos', own);
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'runnc-includeos-'));
  const [plain, withAddress] = [await build('plain', '{}'), await build('fixed', config(fixed))];
  await buildImage('includeos', { files: { '/service': plain }, entrypoint: ['/service'] });
  await buildImage('includeos-fixed', { files: { '/service': withAddress }, entrypoint: ['/service'] });
  // As a service of 64 bits has to be packed: IncludeOS' loader is the program.
  await buildImage('includeos-loaded', {
    files: {
      '/chainloader': plain,
      '/service': withAddress,
      '/runnc.json': Buffer.from('{"unikernel": "includeos", "program": "/chainloader", "initrd": "/service"}'),
    },
    entrypoint: ['/service'],
  });
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  cpSync(path.join(root, 'examples/tender-qemu'), `${settings}/node_modules/runnc-plugin-qemu`, { recursive: true });
  // Named first, it is asked before the plugin that knows multiboot kernels of any kind.
  configure({ plugins: ['unikernel-includeos', ['runnc-plugin-qemu', { accel: 'tcg' }]] });
});

const run = (image: string, args: readonly string[], ...options: string[]) =>
  docker('run', '--rm', '--runtime=runnc', ...options, image, ...args);
const words = (stdout: string) => [...stdout.matchAll(/^word: <(.*)>\r?$/gm)].map(([, word]) => word);

test('its arguments arrive as it splits them, behind the name that the boot loader gives it', async () => {
  const { stdout, status } = await run('includeos', ['--port=80', '"quoted"', 'a,b', 'ü'], '--network=none');
  expect({ status, words: words(stdout) }).toEqual({ status: 0, words: ['/unikernel', '--port=80', '"quoted"', 'a,b', 'ü'] });
});

test('an argument that it would split is refused, and quoted', async () => {
  expect(await run('includeos', ['a b'], '--network=none')).toMatchObject({
    status: 125,
    stderr: expect.stringContaining('IncludeOS cannot be given the argument "a b": it splits at blanks, and knows no quotes'),
  });
});

test('the loader of a service of 64 bits hands the arguments on', async () => {
  const { stdout, status } = await run('includeos-loaded', ['x,y', 'z'], '--network=none');
  expect({ status, words: words(stdout) }).toEqual({ status: 0, words: ['/module/0', 'x,y', 'z'] });
});

test('an address that is built in has to be the container’s', async () => {
  const refused = /has the address 10\.77\.0\.42 built in \(its config\.json\), and the container has 172\./;
  for (const image of ['includeos-fixed', 'includeos-loaded'])
    expect(await run(image, [])).toMatchObject({ status: 125, stderr: expect.stringMatching(refused) });
  await must('network', 'create', '--subnet', '10.77.0.0/24', 'includeos');
  try {
    const { stdout, status } = await run('includeos-fixed', ['a'], '--network=includeos', '--ip=10.77.0.42');
    expect({ status, words: words(stdout) }).toEqual({ status: 0, words: ['/unikernel', 'a'] });
  } finally {
    await must('network', 'rm', 'includeos');
  }
});

test('it is recognised by what every IncludeOS program prints first', async () => {
  const { stdout } = await execa(inject('runnc'), ['inspect', path.join(folder, 'plain/service')]);
  expect(stdout).toMatch(/^unikernel: {2}includeos \(it prints what every IncludeOS program prints first\)$/m);
  expect(stdout).toMatch(/^abi: {8}multiboot$/m);
});

const missing = existsSync('/dev/kvm') ? '' : ' (needs /dev/kvm)';
describe.skipIf(missing)(`on this machine's KVM${missing}`, () => {
  test('a build for the hvt of 2018 is recognised, and its arguments arrive behind its name', async () => {
    configure({});
    await buildImage('includeos-hvt', {
      files: { '/service.hvt': `${inject('guests')}/includeos-args.ukvm` },
      entrypoint: ['/service.hvt'],
    });
    const { stdout, stderr, status } = await run('includeos-hvt', ['--port=80', "it's"], '--network=none');
    expect({ stderr, status, words: words(stdout) }).toEqual({
      stderr: '',
      status: 0,
      words: ['/service.hvt', '--port=80', "it's"],
    });
    expect((await run('includeos-hvt', ['a\tb'], '--network=none')).stderr).toContain('IncludeOS cannot be given the argument');
  });
});
