/** runnc by itself: a place for bundles, states and cgroups of one test file, and a list of what is left of them. */
import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { afterAll, inject } from 'vitest';
import { defaultSpec } from '../../core/oci/default-spec.ts';
import type { Spec } from '../../core/oci/types.ts';
import { cgroupsOf, makeEngineCgroup, processesIn, removeCgroups } from './engine/cgroups.ts';
import type { Result } from './engine/docker.ts';
import { mountPoints, removeFolder } from './engine/folder.ts';
import { commandLine, endProcesses, isAlive } from './engine/processes.ts';
import { until } from './engine/until.ts';

/** A command that has ended; a container that it made may still write to its output. */
export interface Ended extends Result {
  /** What is on its standard output by now. */
  readonly said: () => string;
}

export interface CallOptions {
  readonly cwd?: string;
  /** Everything on its standard input. */
  readonly input?: string;
  /** After how many milliseconds it is killed: by then it hangs. */
  readonly patience?: number;
  /** Called at once, with a function that sends it a signal for as long as it runs. */
  readonly started?: (kill: (signal: NodeJS.Signals) => void) => void;
}

/** What of config.json to have otherwise; `process`, `linux` and `root` are merged. */
export interface BundleOptions extends Omit<Partial<Spec>, 'process' | 'linux'> {
  readonly process?: Partial<Spec['process']>;
  readonly linux?: Spec['linux'];
}

export class Workplace {
  readonly folder = mkdtempSync('/var/tmp/runnc-direct-');
  readonly name = path.basename(this.folder);
  /** For --root. */
  readonly root = path.join(this.folder, 'state');
  /** All guests: `/hello`, ... */
  readonly rootfs = path.join(this.folder, 'rootfs');
  readonly #cgroup = makeEngineCgroup(this.name);
  #calls = 0;

  constructor() {
    mkdirSync(this.rootfs);
    const guests = inject('guests');
    for (const file of readdirSync(guests).filter((name) => name.endsWith('.spt') || name === 'linux')) {
      copyFileSync(path.join(guests, file), path.join(this.rootfs, path.basename(file, '.spt')));
    }
  }

  /** Makes a bundle, whose container has a cgroup of its own; returns its folder. */
  bundle(id: string, args: readonly string[], { process, linux, ...rest }: BundleOptions = {}): string {
    const folder = path.join(this.folder, 'bundles', id.slice(0, 100));
    const spec = defaultSpec();
    const config = {
      ...spec,
      root: { path: this.rootfs, readonly: true },
      ...rest,
      process: { ...spec.process, args, ...process },
      linux: { ...spec.linux, cgroupsPath: this.cgroupsPath(id), ...linux },
    };
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config));
    return folder;
  }

  cgroupsPath(id: string): string {
    return `/${this.name}/${id.slice(0, 100)}`;
  }

  /** `runnc --root ROOT ARGS`. */
  runnc(args: readonly string[], options: CallOptions = {}): Promise<Ended> {
    return this.call([inject('runnc'), '--root', this.root, ...args], options);
  }

  /** Runs a command whose output goes to files, as containers keep what they are given; throws when it hangs. */
  async call(command: readonly string[], { cwd = this.folder, input, patience = 30_000, started }: CallOptions): Promise<Ended> {
    const file = path.join(this.folder, `call-${this.#calls++}`);
    if (input !== undefined) writeFileSync(`${file}.in`, input);
    const stdio = [
      openSync(input === undefined ? '/dev/null' : `${file}.in`, 'r'),
      openSync(`${file}.out`, 'w'),
      openSync(`${file}.err`, 'w'),
    ];
    const child = spawn('/bin/sh', ['-c', 'echo 0 > "$0" && exec "$@"', this.#cgroup, ...command], { cwd, stdio });
    for (const fd of stdio) closeSync(fd);
    started?.((signal) => child.kill(signal));
    const read = (kind: 'out' | 'err') => readFileSync(`${file}.${kind}`, 'utf8');
    const status = await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`${command.join(' ')} hangs\n${read('out')}${read('err')}`));
      }, patience);
      child.on('exit', (code, signal) => {
        clearTimeout(timer);
        resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']);
      });
      child.on('error', reject);
    });
    return { status, stdout: read('out'), stderr: read('err'), said: () => read('out') };
  }

  /** `runnc ARGS`, which must succeed. */
  async must(args: readonly string[], options: CallOptions = {}): Promise<Ended> {
    const ended = await this.runnc(args, options);
    if (ended.status !== 0) throw new Error(`runnc ${args.join(' ')}: status ${ended.status}\n${ended.stderr}${ended.stdout}`);
    return ended;
  }

  async state(id: string): Promise<{ readonly status: string; readonly pid: number }> {
    return JSON.parse((await this.must(['state', id])).stdout);
  }

  /** Waits until a container has ended by itself. */
  async stopped(id: string): Promise<void> {
    await until(`${id} has stopped`, 60_000, async () => (await this.state(id)).status === 'stopped');
  }

  /** Processes, cgroups, mounts (and with them the namespaces that they hold) and states that are there now. */
  left(): string[] {
    const states = readdirIfThere(this.root).map((name) => `state: ${name}`);
    const processes = processesIn(this.name).filter(isAlive);
    const own = new Set(['', 'engine']);
    return [
      ...states,
      ...processes.map((pid) => `process: ${pid} ${commandLine(pid).join(' ')}`),
      ...cgroupsOf(this.name)
        .filter((cgroup) => !own.has(cgroup.slice(cgroup.indexOf(this.name) + this.name.length + 1)))
        .map((cgroup) => `cgroup: ${cgroup}`),
      ...mountPoints()
        .filter((mount) => mount.startsWith(this.folder))
        .map((mount) => `mount: ${mount}`),
    ];
  }

  /** Waits until nothing is there; else throws a list of it. */
  async nothingLeft(): Promise<void> {
    await until('nothing is left', 60_000, () => this.left().length === 0).catch(() => {
      throw new Error(`left behind:\n  ${this.left().join('\n  ')}`);
    });
  }

  /** Ends and removes all. */
  async remove(): Promise<void> {
    await endProcesses(processesIn(this.name), 1000);
    await removeCgroups(this.name);
    await removeFolder(this.folder);
  }
}

/** For the top of a test file. */
export function workplace(): Workplace {
  const place = new Workplace();
  afterAll(() => place.remove());
  return place;
}

function readdirIfThere(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // Made by the first `create`.
  }
}
