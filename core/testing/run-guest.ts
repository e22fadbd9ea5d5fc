/** Runs a program with the real runnc and a configuration that names the plugin under test. Needs root. */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { defaultSpec } from '../oci/default-spec.ts';

export interface RunOptions {
  /** Absolute path of the plugin: its file or its folder. It is copied to where it can be trusted. */
  readonly plugin: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** More of runnc.config. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** File on this machine that becomes `/program` in the image. */
  readonly program: string;
  readonly args?: readonly string[];
  /** Further files of the image, by their path in it. */
  readonly files?: Readonly<Record<string, string>>;
  /** Memory limit of the container in bytes. */
  readonly memory?: number;
  /** Sent once the output has `when`. */
  readonly signal?: { readonly name: 'SIGTERM' | 'SIGINT' | 'SIGKILL'; readonly when: string };
  /** In milliseconds; 60 s unless told. */
  readonly timeout?: number;
  /** The runtime; $RUNNC, or the one in PATH, unless told. */
  readonly runnc?: string;
}

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status; 128 + signal if a signal ended it. */
  readonly status: number;
  /** Between the signal and the end, in milliseconds. */
  readonly stopTime: number | undefined;
  /** What is left beneath the folder of states. */
  readonly left: boolean;
}

export async function runGuest(options: RunOptions): Promise<Ran> {
  const folder = mkdtempSync('/run/runnc-testing-');
  chmodSync(folder, 0o755);
  try {
    return await runIn(folder, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runIn(folder: string, request: RunOptions): Promise<Ran> {
  const { runnc = process.env.RUNNC ?? 'runnc', signal, timeout = 60_000 } = request;
  const config = writeConfig(folder, request);
  const bundle = writeBundle(folder, request);
  const state = path.join(folder, 'state');
  const args = ['--root', state, '--config', config, 'run', '--bundle', bundle, 'under-test'];
  const child = execa(runnc, args, { reject: false, timeout, stdin: 'ignore', stripFinalNewline: false });
  let sent: number | undefined;
  let output = '';
  child.stdout.on('data', (chunk: Uint8Array) => {
    output += Buffer.from(chunk).toString('latin1');
    if (signal === undefined || sent !== undefined || !output.includes(signal.when)) return;
    sent = performance.now();
    void execa(runnc, ['--root', state, '--config', config, 'kill', 'under-test', signal.name], { reject: false });
  });
  const { stdout, stderr, exitCode, timedOut } = await child;
  if (timedOut) await execa(runnc, ['--root', state, '--config', config, 'delete', '--force', 'under-test'], { reject: false });
  return {
    stdout,
    stderr,
    status: timedOut ? -1 : (exitCode ?? -1),
    stopTime: sent === undefined ? undefined : performance.now() - sent,
    left: existsSync(path.join(state, 'under-test')),
  };
}

function writeConfig(folder: string, { plugin, options = {}, config = {} }: RunOptions): string {
  const copy = path.join(folder, 'plugin', path.basename(plugin));
  cpSync(plugin, copy, { recursive: true, dereference: true });
  const named = statSync(copy).isDirectory() ? copy : path.join(folder, 'plugin', path.basename(plugin));
  const file = path.join(folder, 'runnc.config.json');
  const cacheDirectory = path.join(folder, 'cache');
  writeFileSync(file, JSON.stringify({ cacheDirectory, ...config, plugins: [[named, options]] }), { mode: 0o644 });
  return file;
}

function writeBundle(folder: string, { program, args = [], files = {}, memory }: RunOptions): string {
  const bundle = path.join(folder, 'bundle');
  mkdirSync(path.join(bundle, 'rootfs'), { recursive: true });
  for (const [name, from] of Object.entries({ ...files, '/program': program })) {
    const target = path.join(bundle, 'rootfs', name);
    mkdirSync(path.dirname(target), { recursive: true });
    cpSync(from, target);
  }
  const spec = structuredClone(defaultSpec()) as { process: object; linux?: object };
  Object.assign(spec.process, { terminal: false, args: ['/program', ...args] });
  if (memory !== undefined) spec.linux = { ...spec.linux, resources: { memory: { limit: memory } } };
  writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(spec));
  return bundle;
}
