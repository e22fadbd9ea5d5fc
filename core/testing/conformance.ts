/** What every plugin of a kind must do, whoever wrote it. Each check throws an error with a sentence. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execaSync } from 'execa';
import type { BlockDevice, Program, Unikernel } from '../plugin.ts';
import type { Harness } from './harness.ts';
import { type Ran, type RunOptions, runGuest } from './run-guest.ts';

/** Programs of the kind that the tender starts: files on this machine. */
export interface Programs {
  /** Prints this and its command line, and ends with status 0. */
  readonly hello: { readonly program: string; readonly prints: string };
  /** Ends with the status that is its argument, where the kind has exit statuses. */
  readonly exitCode?: string;
  /** Prints this and waits for ever. */
  readonly sleep: { readonly program: string; readonly prints: string };
  /** Prints how much memory it has, in bytes, after `memory: `. */
  readonly memory?: string;
}

/** How the plugin is run, and the programs. */
export type Conformance = Omit<RunOptions, 'program' | 'args' | 'signal' | 'memory'> & {
  readonly programs: Programs;
  /** How long a stop may take, in milliseconds; 5 s unless told. */
  readonly stopLimit?: number;
};

/** A tender runs hello, tells exit statuses, honours memory and signals, and cleans up. */
export async function checkTender({ programs, stopLimit = 5000, ...options }: Conformance): Promise<void> {
  const { hello, exitCode, sleep, memory } = programs;
  const run = async (
    more: Pick<RunOptions, 'program' | 'args' | 'signal' | 'memory'>,
    expected: (ran: Ran) => boolean,
    what: string,
  ) => {
    const ran = await runGuest({ ...options, ...more });
    if (!expected(ran)) throw new Error(`${what}: ${JSON.stringify(ran)}`);
    if (ran.left) throw new Error(`after that it left something behind: ${what}`);
    return ran;
  };
  await run(
    { program: hello.program, args: ['one', 'two words'] },
    ({ stdout, status }) => status === 0 && stdout.includes(hello.prints) && stdout.includes('one two words'),
    'hello prints its line and its arguments, and ends with 0',
  );
  for (const status of exitCode === undefined ? [] : [0, 1, 42, 255]) {
    await run(
      { program: exitCode as string, args: [String(status)] },
      (ran) => ran.status === status,
      `exit status ${status} arrives`,
    );
  }
  for (const [name, number] of [
    ['SIGTERM', 15],
    ['SIGKILL', 9],
  ] as const) {
    const what = `a guest that sleeps ends by ${name} within ${stopLimit} ms with status ${128 + number}`;
    const signal = { name, when: sleep.prints };
    const ended = ({ status, stopTime = Number.POSITIVE_INFINITY }: Ran) =>
      stopTime < stopLimit && (status === 128 + number || name === 'SIGTERM');
    await run({ program: sleep.program, signal }, ended, what);
  }
  if (memory === undefined) return;
  const size = async (limit: number) => {
    const { stdout } = await run(
      { program: memory, memory: limit },
      ({ stdout }) => /memory: \d+/.test(stdout),
      'memory is told',
    );
    return Number(/memory: (\d+)/.exec(stdout)?.[1]);
  };
  const [small, large] = [await size(2 ** 26), await size(2 ** 28)];
  if (small > 2 ** 26 || large > 2 ** 28 || large < small * 2)
    throw new Error(`guest memory follows the container's limit: ${small} bytes within 64 MiB, ${large} within 256 MiB`);
}

/**
 * A rootfs plugin gives an image from which the tree comes back as it was. `extract` unpacks the image into an empty folder by means
 * that are not the plugin's (bsdtar, debugfs). Needs root, for owners.
 */
export async function checkRootfs(
  { hooks, container, release, releaseAfterCrash }: Pick<Harness, 'hooks' | 'container' | 'release' | 'releaseAfterCrash'>,
  unikernel: Unikernel,
  extract: (image: BlockDevice, folder: string) => Promise<void> | void,
): Promise<void> {
  writeTree(container.rootfs);
  const expected = listing(container.rootfs);
  const [device] = unikernel.devices.filter(({ kind }) => kind === 'block');
  if (!device) throw new Error('the unikernel of this check declares no block device');
  const image = await hooks.rootfs.promise(container, unikernel, device, { path: container.args[0] } as Program);
  if (!image) throw new Error('it answers with a block device');
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-tree-'));
  try {
    await extract(image, folder);
    const found = listing(folder);
    const missing = expected.find((line) => !found.includes(line));
    if (missing !== undefined) throw new Error(`the tree comes back as it was: ${missing} is not there`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await release();
  await release();
  await releaseAfterCrash();
}

/** Names, sizes and kinds that root images tend to get wrong. */
function writeTree(top: string): void {
  const files = {
    'plain.txt': 'text',
    empty: '',
    'with blank': 'x',
    [`${'n'.repeat(200)}.txt`]: 'long',
    ümläut: 'é',
    'UPPER.lower.tar.gz': 'case',
    page: 'p'.repeat(4096),
    more: 'm'.repeat(4097),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(top, name), content, { mode: 0o640 });
  mkdirSync(path.join(top, 'a/b/c/d/e/f/g/h/i/j'), { recursive: true });
  mkdirSync(path.join(top, 'empty-folder'));
  symlinkSync('../plain.txt', path.join(top, 'a/link'));
  symlinkSync('/does/not/exist', path.join(top, 'a/dangling'));
  writeFileSync(path.join(top, 'a/b/script'), '#!', { mode: 0o755 });
}

/** A line for each file: kind, mode, size, name, target of a link. Sizes of folders differ between file systems. */
function listing(top: string): readonly string[] {
  const folders = ['-type', 'd', '-printf', 'd %m - %P\\n'];
  const others = ['-printf', '%y %m %s %P %l\\n'];
  const { stdout } = execaSync('find', [top, '-mindepth', '1', '(', ...folders, '-o', ...others, ')']);
  return stdout.split('\n').sort();
}
