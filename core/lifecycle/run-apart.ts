/**
 * Runs a unikernel's program once by itself: for a question that only the program can answer, such as what `--help` prints. It has a
 * sandbox like every container, made by a runnc of its own from a bundle that holds the program and empty disks; nothing of the
 * container that the question is about is in it, and nothing is left of it.
 */
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { defaultSpec } from '../oci/default-spec.ts';
import type { Program, Unikernel } from '../plugin.ts';

export interface ApartOptions {
  /** Words that need no quoting. */
  readonly args: readonly string[];
  /** In milliseconds, 3000 unless told; then it is ended. */
  readonly timeout?: number;
}

/** What came of it. */
export interface RanApart {
  /** What it printed, cut after 256 KiB. */
  readonly output: string;
  /** Its exit status; undefined when it was ended, for time or for printing too much. */
  readonly status: number | undefined;
  /** What runnc said of it, where it could not be started. */
  readonly problem: string;
}

const usualTimeout = 3000;
const mostOutput = 256 * 1024;
/** How long a runnc that was told to end has for tidying up, in milliseconds. */
const tidying = 2000;
/** What is older than this belongs to nobody who still waits for it, in milliseconds. */
const abandoned = 120_000;
const diskSize = 1024 * 1024;
const memory = '128MiB';
/** Seconds of processor time, for a guest whose runnc was killed. */
const cpuSeconds = 10;
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const id = (folder: string): string => `apart-${folder.slice(folder.lastIndexOf('.') + 1)}`;

/** `cacheDirectory` is where seccomp filters are kept, `place` a folder (0700, root) for what is made here. */
export async function runApart(
  program: Program,
  unikernel: Unikernel,
  { args, timeout = usualTimeout }: ApartOptions,
  { cacheDirectory, place }: { readonly cacheDirectory: string; readonly place: string },
): Promise<RanApart> {
  await sweep(place);
  const folder = mkdtempSync(join(place, 'run.'));
  try {
    prepare(folder, program, unikernel, args, cacheDirectory);
    const { execa } = await import('execa');
    const [file, ...command] = runnc(folder, ['run', '--bundle', folder, id(folder)]);
    const ended = await execa(file, command, {
      ...{ stdin: 'ignore', reject: false, stripFinalNewline: false, cwd: '/', env: { PATH: searchPath }, extendEnv: false },
      ...{ timeout, killSignal: 'SIGTERM', forceKillAfterDelay: tidying, maxBuffer: mostOutput },
    });
    const ownEnd = !ended.timedOut && !ended.isMaxBuffer && ended.exitCode !== undefined;
    return {
      output: String(ended.stdout ?? ''),
      status: ownEnd ? ended.exitCode : undefined,
      problem: String(ended.stderr ?? '').trim(),
    };
  } finally {
    await remove(folder);
  }
}

function prepare(
  folder: string,
  program: Program,
  { abi, devices }: Unikernel,
  args: readonly string[],
  cacheDirectory: string,
): void {
  const rootfs = join(folder, 'rootfs');
  mkdirSync(rootfs);
  // The name tells what it is for, where no note does.
  const tender = abi.replace(/^legacy-/, '');
  const name = `program.${tender}`;
  copyFileSync(`/proc/self/fd/${program.fd}`, join(rootfs, name), constants.COPYFILE_FICLONE);
  const blocks = devices.filter(({ kind, optional }) => kind === 'block' && !optional);
  for (const [index] of blocks.entries()) {
    const disk = join(rootfs, `disk-${index}`);
    writeFileSync(disk, '');
    truncateSync(disk, diskSize);
  }
  const spec = defaultSpec(name);
  const process = {
    ...spec.process,
    args: [`/${name}`, ...args],
    env: blocks.map((block, index) => `RUNNC_BLOCK_${block.name}=/disk-${index},ro`),
    rlimits: [{ type: 'RLIMIT_CPU', soft: cpuSeconds, hard: cpuSeconds }],
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...spec, process }));
  // As a plain Solo5 program: its arguments are these and no more, and nobody asks it anything in turn.
  const config = {
    ...{ unikernel: 'solo5', memory, cacheDirectory },
    options: { 'network-tap': { mode: 'none', unmatched: 'ignore' } },
  };
  writeFileSync(join(folder, 'runnc.config.json'), JSON.stringify(config), { mode: 0o600 });
}

/** The very runtime that is running: the executable, or its script with Node. */
function runnc(folder: string, args: readonly string[]): [string, ...string[]] {
  const script = 'Bun' in globalThis ? [] : [process.argv[1] as string];
  const options = ['--root', join(folder, 'state'), '--config', join(folder, 'runnc.config.json')];
  return [process.execPath, ...script, ...options, ...args];
}

/** What a runnc that was killed in the middle of this has left. */
async function sweep(place: string): Promise<void> {
  for (const name of readdirSync(place)) {
    const folder = join(place, name);
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > abandoned) await remove(folder);
  }
}

/** Ends whatever is left of the container, which is nothing as a rule, and removes the folder. */
async function remove(folder: string): Promise<void> {
  if (existsSync(join(folder, 'state', id(folder)))) {
    const { execa } = await import('execa');
    const [file, ...command] = runnc(folder, ['delete', '--force', id(folder)]);
    await execa(file, command, {
      stdio: 'ignore',
      reject: false,
      cwd: '/',
      env: { PATH: searchPath },
      extendEnv: false,
      timeout: 10_000,
    });
  }
  rmSync(folder, { recursive: true, force: true });
}
