/** The same guests by the built-in tenders and by Solo5's own, where those are installed. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { until } from './engine/until.ts';
import { type BundleOptions, Workplace } from './workplace.ts';

const installed = (name: string) =>
  (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file));

let place: Workplace;
let settings: string;
beforeAll(() => {
  place = new Workplace();
  // Not beside files of others: runnc would not trust it.
  settings = mkdtempSync('/run/runnc-external-');
});
afterAll(async () => {
  await place.remove();
  rmSync(settings, { recursive: true });
});

let count = 0;
function container(abi: string, tender: string, args: readonly string[], options: BundleOptions = {}) {
  const config = path.join(settings, `${abi}.json`);
  writeFileSync(config, JSON.stringify({ tender: { [abi]: { path: tender } } }));
  const id = `external-${count++}`;
  const [program, ...rest] = args;
  return {
    id,
    config,
    bundle: place.bundle(id, [`/${program}.${abi}`, ...rest], { root: { path: inject('guests') }, ...options }),
  };
}

test('a tender that is not there is an error of create that says what would help', async () => {
  const { id, config, bundle } = container('spt', '/nonexistent/solo5-spt', ['hello']);
  const { stderr, status } = await place.runnc(['--config', config, 'create', '--bundle', bundle, id]);
  expect(status).toBe(1);
  expect(stderr).toContain('tender.spt.path, /nonexistent/solo5-spt, cannot be executed: ENOENT');
  expect(stderr).toContain('install Solo5');
});

describe.each(['spt', 'hvt'])('Solo5 %s', (abi) => {
  const tender = installed(`solo5-${abi}`) ?? '';
  const missing =
    tender === '' ? ` (needs solo5-${abi} in PATH)` : abi === 'hvt' && !existsSync('/dev/kvm') ? ' (needs /dev/kvm)' : '';

  test
    .skipIf(missing)
    .each([
      [['hello', 'a', 'b "c"']],
      [['hello']],
      [['exit-code', '42']],
      [['exit-code', '255']],
      [['echo-loop', '3']],
      [['sleep', '1']],
      [['tls']],
    ])(`%j does the same as with the built-in tender${missing}`, async (args) => {
    const { id, config, bundle } = container(abi, tender, args);
    const own = await place.runnc(['run', '--bundle', bundle, id]);
    const external = await place.runnc(['--config', config, 'run', '--bundle', bundle, id]);
    expect({ status: external.status, said: external.said() }).toEqual({ status: own.status, said: own.said() });
  });

  test.skipIf(missing)(`a block device is the same to both, and what one wrote the other reads${missing}`, async () => {
    const rootfs = path.join(place.folder, `blocks-${abi}`);
    mkdirSync(rootfs);
    copyFileSync(path.join(inject('guests'), `raw-blocks.${abi}`), path.join(rootfs, `raw-blocks.${abi}`));
    writeFileSync(path.join(rootfs, 'disk.img'), Buffer.alloc(8192, 'from the image '));
    const env = ['RUNNC_BLOCK_storage=/disk.img'];
    const run = async (...args: string[]) => {
      const { id, config, bundle } = container(abi, tender, ['raw-blocks', ...args], {
        root: { path: rootfs },
        process: { env },
      });
      return {
        own: () => place.runnc(['run', '--bundle', bundle, id]),
        external: () => place.runnc(['--config', config, 'run', '--bundle', bundle, id]),
      };
    };
    const wrote = await (await run('device', 'write', '3', 'external')).external();
    expect({ said: wrote.said(), status: wrote.status }).toEqual({ said: expect.stringContaining('capacity: 8192'), status: 0 });
    const both = await run('read', '3', 'read', '15', 'sum');
    const [own, external] = [await both.own(), await both.external()];
    expect(own.said()).toContain('block 3: external\n');
    expect(external.said()).toBe(own.said());
  });

  test.skipIf(missing)(`it runs in the sandbox, and sees nothing but what it needs${missing}`, async () => {
    const { id, config, bundle } = container(abi, tender, ['sleep']);
    const file = path.join(bundle, 'pid');
    const created = await place.runnc(['--config', config, 'create', '--bundle', bundle, '--pid-file', file, id]);
    expect(created.status).toBe(0);
    expect((await place.runnc(['start', id])).status).toBe(0);
    await until('it sleeps', 60_000, () => created.said().includes('sleeping'));
    const pid = readFileSync(file, 'utf8');
    expect(readlinkSync(`/proc/${pid}/exe`)).toBe(realpathSync(tender));
    const seen = readdirSync(`/proc/${pid}/root`);
    expect(
      seen.filter((name) => !['usr', 'lib', 'lib64', 'unikernel', 'dev'].includes(name) && !tender.startsWith(`/${name}/`)),
    ).toEqual([]);
    const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trimEnd().split('\n');
    expect(mounts.filter((line) => !/^\S+ \S+ \S+ \S+ \S+ ro,nosuid,/.test(line))).toEqual([]);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect((await place.runnc(['kill', id, 'KILL'])).status).toBe(0);
    await until('it is stopped', 60_000, async () => (await place.runnc(['delete', id])).status === 0);
  });
});

test.skipIf(!existsSync('/dev/kvm'))(
  'where there is no /dev/kvm, create says so for both tenders, and a program for spt beside it is taken',
  async () => {
    // As on a machine without it: a mount namespace whose /dev has no more than runnc itself needs.
    const hidden = 'mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && exec "$@"';
    const without = (config: string, bundle: string, id: string) =>
      execa(
        'unshare',
        [
          '--mount',
          'sh',
          '-c',
          hidden,
          'sh',
          inject('runnc'),
          '--root',
          place.root,
          '--config',
          config,
          'run',
          '--bundle',
          bundle,
          id,
        ],
        { reject: false },
      );
    const alone = path.join(place.folder, 'hvt-alone');
    mkdirSync(alone);
    copyFileSync(path.join(inject('guests'), 'hello.hvt'), path.join(alone, 'hello.hvt'));
    // Solo5's own tender, of which nothing is run here, and the built-in one.
    for (const settings of [{ tender: { hvt: { path: process.execPath } } }, {}]) {
      const run = async (root: string) => {
        const { id, config, bundle } = container('hvt', '', ['hello'], { root: { path: root } });
        writeFileSync(config, JSON.stringify(settings));
        return without(config, bundle, id);
      };
      expect(await run(inject('guests'))).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('Hello from a unikernel'),
      });
      expect(await run(alone)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(
          /a Solo5 hvt unikernel needs KVM, and this machine has no \/dev\/kvm; .*build the unikernel for spt/,
        ),
      });
    }
  },
);
