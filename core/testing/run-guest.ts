/** Runs a program with the real runnc and a configuration that names the plugin under test. Needs root. */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { defaultSpec } from '../oci/default-spec.ts';
import { traces } from './left-behind.ts';

/** The plugin, and what it is run by. */
export interface PluginUnderTest {
  /** Absolute path of the plugin, its file or its folder, which is copied to where it can be trusted; or the name of a built-in one. */
  readonly plugin: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** More of runnc.config; `plugins` are asked after it. */
  readonly config?: Readonly<Record<string, unknown>> & { readonly plugins?: readonly unknown[] };
  /** In milliseconds; 60 s unless told. */
  readonly timeout?: number;
  /** The runtime; $RUNNC, or the one in PATH, unless told. */
  readonly runnc?: string;
}

export interface RunOptions extends PluginUnderTest {
  /** File on this machine that becomes `/program` in the image. */
  readonly program: string;
  readonly args?: readonly string[];
  /** Further files of the image, by their path in it. */
  readonly files?: Readonly<Record<string, string>>;
  /** Memory limit of the container in bytes. */
  readonly memory?: number;
  /** Sent once the output has `when`. */
  readonly signal?: { readonly name: 'SIGTERM' | 'SIGINT' | 'SIGKILL'; readonly when: string };
  /** Done first, once the output has `signal.when`. */
  readonly meanwhile?: () => Promise<void>;
  /** Path of a network namespace to join; one of its own unless told. */
  readonly network?: string;
}

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status; 128 + signal if a signal ended it. */
  readonly status: number;
  /** Between the signal and the end, in milliseconds. */
  readonly stopTime: number | undefined;
  /** What is there that was not before: mounts, network devices, cgroups, states. */
  readonly left: readonly string[];
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
  const { runnc = process.env.RUNNC ?? 'runnc', signal, meanwhile, timeout = 60_000 } = request;
  const id = path.basename(folder);
  const state = path.join(folder, 'state');
  const globals = ['--root', state, '--config', writeConfig(folder, request)];
  const bundle = writeBundle(folder, request);
  const before = traces(id, state);
  const child = execa(runnc, [...globals, 'run', '--bundle', bundle, id], {
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
  });
  let sent: number | undefined;
  let heard = false;
  let output = '';
  child.stdout.on('data', (chunk: Uint8Array) => {
    output += Buffer.from(chunk).toString('latin1');
    if (signal === undefined || heard || !output.includes(signal.when)) return;
    heard = true;
    void (meanwhile?.() ?? Promise.resolve()).finally(() => {
      sent = performance.now();
      void execa(runnc, [...globals, 'kill', id, signal.name], { reject: false });
    });
  });
  let timedOut = false;
  // The guest has the runtime's output open: it has to end first.
  const timer = setTimeout(() => {
    timedOut = true;
    void execa(runnc, [...globals, 'delete', '--force', id], { reject: false }).finally(() => child.kill('SIGKILL'));
  }, timeout);
  const { stdout, stderr, exitCode } = await child;
  clearTimeout(timer);
  return {
    stdout,
    stderr,
    status: timedOut ? -1 : (exitCode ?? -1),
    stopTime: sent === undefined || timedOut ? undefined : performance.now() - sent,
    left: [...traces(id, state)].filter((trace) => !before.has(trace)),
  };
}

function writeConfig(folder: string, { plugin, options = {}, config = {} }: RunOptions): string {
  const file = path.join(folder, 'runnc.config.json');
  const document = {
    cacheDirectory: path.join(folder, 'cache'),
    ...config,
    plugins: [[trusted(folder, plugin), options], ...(config.plugins ?? [])],
  };
  writeFileSync(file, JSON.stringify(document), { mode: 0o644 });
  return file;
}

/** The plugin where runnc takes one from. */
function trusted(folder: string, plugin: string): string {
  if (!path.isAbsolute(plugin)) return plugin;
  const copy = path.join(folder, 'plugin', path.basename(plugin));
  cpSync(plugin, copy, { recursive: true, dereference: true });
  return copy;
}

function writeBundle(folder: string, { program, args = [], files = {}, memory, network }: RunOptions): string {
  const bundle = path.join(folder, 'bundle');
  mkdirSync(path.join(bundle, 'rootfs'), { recursive: true });
  for (const [name, from] of Object.entries({ ...files, '/program': program })) {
    const target = path.join(bundle, 'rootfs', name);
    mkdirSync(path.dirname(target), { recursive: true });
    cpSync(from, target);
  }
  const spec = defaultSpec();
  const namespaces = spec.linux?.namespaces?.map((each) =>
    each.type === 'network' && network !== undefined ? { ...each, path: network } : each,
  );
  const resources = { ...spec.linux?.resources, ...(memory === undefined ? {} : { memory: { limit: memory } }) };
  const changed = {
    ...spec,
    process: { ...spec.process, terminal: false, args: ['/program', ...args] },
    linux: { ...spec.linux, namespaces, resources },
  };
  writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(changed));
  return bundle;
}
