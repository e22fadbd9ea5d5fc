/** What `runnc/testing` has for authors: our own plugins pass its checks, and each check finds the plugin that does that thing wrong. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { checkNetwork, checkRootfs, checkTender, harness, type TenderCheck } from '../../../core/testing/index.ts';
import rootfsIso from '../../../plugins/rootfs-iso/index.ts';
import { buildKernel, multibootPrograms } from '../multiboot-kernel.ts';
import tarRootfs from './tar-rootfs.ts';

const runnc = inject('runnc');
const guest = (name: string) => path.join(inject('guests'), name);
const here = import.meta.dirname;

const guests = (kind: string): TenderCheck['programs'] => ({
  hello: { program: guest(`hello.${kind}`), prints: 'Hello from a unikernel' },
  exitCode: { program: guest(`exit-code.${kind}`) },
  sleep: { program: guest(`sleep.${kind}`), prints: 'sleeping', args: ['1000'] },
  memory: { program: guest(`big-memory.${kind}`), args: ['0', '1'] },
});
const installed = (name: string) =>
  (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file));

describe('tenders', () => {
  test('tender-spt', () => checkTender({ runnc, plugin: 'tender-spt', programs: guests('spt') }));

  test.skipIf(!existsSync('/dev/kvm'))('tender-hvt (needs /dev/kvm)', () =>
    checkTender({ runnc, plugin: 'tender-hvt', programs: guests('hvt') }),
  );

  for (const abi of ['spt', 'hvt']) {
    const program = installed(`solo5-${abi}`);
    test.skipIf(program === undefined)(`tender-external with solo5-${abi} (needs solo5-${abi} in PATH)`, async () => {
      const check = { runnc, plugin: 'tender-external', options: { [abi]: { path: program } }, programs: guests(abi) };
      // Solo5's spt tender does not end by SIGTERM: docs/decisions/0011-external-tenders.md.
      if (abi === 'spt') await expect(checkTender(check)).rejects.toThrow('a guest that sleeps ends by SIGTERM');
      else await checkTender(check);
    });
  }

  test('the example tender-qemu', async () => {
    const kernel = await buildKernel();
    onTestFinished(() => rmSync(path.dirname(kernel), { recursive: true }));
    const plugin = path.join(here, '../../../examples/tender-qemu');
    await checkTender({
      runnc,
      plugin,
      options: { accel: 'tcg' },
      limits: [2 ** 27, 2 ** 28],
      programs: multibootPrograms(kernel),
    });
  });
});

describe('a tender of somebody else', () => {
  let folder = '';
  let programs: TenderCheck['programs'];
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'runnc-shell-'));
    const script = (name: string, text: string) => {
      writeFileSync(path.join(folder, name), `#!\n${text}\n`);
      return path.join(folder, name);
    };
    programs = {
      hello: { program: script('hello', 'echo "hello: $COMMAND_LINE"'), prints: 'hello: ' },
      exitCode: { program: script('exit', 'exit $COMMAND_LINE') },
      sleep: { program: script('sleep', 'echo sleeping; while :; do sleep 0.1; done'), prints: 'sleeping' },
      memory: { program: script('memory', 'echo "memory: $MEMORY"') },
    };
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const check = (fault: string) =>
    checkTender({
      runnc,
      plugin: path.join(here, 'shell-tender.ts'),
      options: { fault },
      // What is waited for in vain is waited for briefly.
      ...(fault === 'hears no signal' ? { stopLimit: 2000, timeout: 4000 } : { stopLimit: 30_000 }),
      programs,
    });

  test('that does all well passes', () => check('none'));

  test.each([
    ['forgets the arguments', 'hello prints its line and its arguments, and ends with 0'],
    ['forgets the status', 'exit status 1 arrives'],
    ['hears no signal', 'a guest that sleeps ends by SIGTERM within 2000 ms'],
    ['forgets the limit', "guest memory follows the container's limit: 536870912 bytes within 67108864"],
    ['keeps a network device', 'nothing of the container is left: the network device shell0 is'],
  ])('that %s is found out', async (fault, sentence) => {
    onTestFinished(async () => {
      await execa('ip', ['link', 'delete', 'shell0'], { reject: false });
    });
    await expect(check(fault)).rejects.toThrow(sentence);
  });
});

describe('root file systems', () => {
  const unikernel = { name: 'u', abi: 'spt', devices: [{ name: 'rootfs', kind: 'block', handle: 1 }], commandLine: '' } as const;

  test('rootfs-iso', async () => {
    const under = await harness(rootfsIso);
    onTestFinished(under.remove);
    await checkRootfs(under, unikernel, async (image, folder) => {
      await execa('bsdtar', ['-x', '-p', '-f', image.path, '-C', folder]);
    });
  });

  const check = async (fault: string) => {
    const under = await harness(tarRootfs, { options: { fault } });
    onTestFinished(under.remove);
    await checkRootfs(under, unikernel, async (image, folder) => {
      await execa('tar', ['--extract', '--preserve-permissions', '--file', image.path, '--directory', folder]);
      if (fault === 'changes contents')
        writeFileSync(path.join(folder, 'page'), readFileSync(path.join(folder, 'page')).fill('q'));
    });
  };

  test('one of somebody else that does all well passes', () => check('none'));

  test.each([
    ['loses a folder', /empty-folder is not there/],
    ['changes modes', /640 .* is not there/],
    ['changes owners', /1000:100000 .*with blank is not there/],
    ['changes times', /1234567890 .*plain.txt is not there/],
    ['follows links', /a\/dangling .* is not there/],
    ['adds a file', /empty is not there/],
    ['changes contents', /[0-9a-f]{64} .*same is not there/],
    ['releases nothing', /is there after delete/],
    ['releases once', /no such file or directory/],
    ['releases only what it remembers', /is there after a crash and delete/],
  ])('one that %s is found out', async (fault, sentence) => {
    await expect(check(fault)).rejects.toThrow(sentence);
  });
});

describe('networks', () => {
  const common = {
    runnc,
    program: guest('netserver.spt'),
    args: ['ip={address}', 'gw={gateway}'],
    prints: 'serving',
  };

  test.each([{}, { mode: 'routed' }])('network-tap, with %j', (options) =>
    checkNetwork({ ...common, plugin: 'network-tap', options }),
  );

  test.each([
    ['connects nothing', /^a guest answers ping: .*0 received/s],
    ['keeps its tap', /^the network namespace is as it was:/],
  ])('a plugin that %s is found out', async (fault, sentence) => {
    const plugin = path.join(here, 'tap-network.ts');
    // An answer that cannot come is not waited for as long as others.
    const patience = fault === 'connects nothing' ? { patience: 2 } : {};
    await expect(checkNetwork({ ...common, ...patience, plugin, options: { fault } })).rejects.toThrow(sentence);
  });

  test('a guest that does not come up is told', async () => {
    const check = checkNetwork({ ...common, plugin: 'network-tap', program: guest('hello.spt'), prints: 'serving' });
    await expect(check).rejects.toThrow('the guest comes up behind its network device');
  });
});
