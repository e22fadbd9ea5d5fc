/**
 * containerd's shim, as far as a runtime sees it: a child subreaper that makes exactly the calls of containerd-shim-runc-v2 and its
 * go-runc, gives `create` pipes for the container's output, and waits for the end of file on what every other call prints.
 */
import { type StdioOptions, spawn } from 'node:child_process';
import { closeSync, existsSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import { pipe } from '../../core/sys/files.ts';
import { libc } from '../../core/sys/libc.ts';
import { waitFor } from '../../core/sys/process.ts';
import type { Result } from './engine/docker.ts';
import type { Workplace } from './workplace.ts';

const PR_SET_CHILD_SUBREAPER = 36; // linux/prctl.h
/** After this the call hangs. */
const patience = 30_000;

/** What has come through a pipe. */
export interface Stream {
  text: string;
  /** When the last writer has closed it. */
  readonly ended: Promise<void>;
}

export interface Created {
  readonly status: number;
  readonly stdout: Stream;
  readonly stderr: Stream;
}

export class FakeShim {
  readonly #place: Workplace;
  readonly #id: string;
  readonly bundle: string;

  /** The container `id` of a bundle made by `place.bundle`. */
  constructor(place: Workplace, id: string, bundle: string) {
    this.#place = place;
    this.#id = id;
    this.bundle = bundle;
  }

  static async becomeSubreaper(): Promise<void> {
    (await libc()).call('becoming a subreaper', 'prctl', PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  }

  /** `create` without a console: returns when the command ends; the pipes are the container's. */
  async create(...options: string[]): Promise<Created> {
    const [out, err] = [await pipe(), await pipe()];
    const done = this.#spawn(this.#createArgs(options), ['ignore', out.write, err.write], 'exit');
    closeSync(out.write);
    closeSync(err.write);
    const [stdout, stderr] = [listen(out.read), listen(err.read)];
    const { status } = await done;
    return { status, stdout, stderr };
  }

  /** `create` with a console: its own output must end. */
  createWithConsole(socket: string): Promise<Result> {
    return this.#call(this.#createArgs(['--console-socket', socket]));
  }

  readonly start = () => this.#call(['start', this.#id]);
  readonly kill = (signal: number) => this.#call(['kill', this.#id, String(signal)]);
  readonly killAll = (signal: number) => this.#call(['kill', '--all', this.#id, String(signal)]);
  readonly delete = () => this.#call(['delete', this.#id]);
  readonly deleteForce = () => this.#call(['delete', '--force', this.#id]);
  readonly pause = () => this.#call(['pause', this.#id]);
  readonly resume = () => this.#call(['resume', this.#id]);
  readonly ps = () => this.#call(['ps', '--format', 'json', this.#id]);
  readonly update = (resources: object) => this.#call(['update', '--resources=-', this.#id], JSON.stringify(resources));
  readonly exec = () =>
    this.#call([
      'exec',
      '--process',
      path.join(this.bundle, 'exec.json'),
      '--detach',
      '--pid-file',
      path.join(this.bundle, 'exec.pid'),
      this.#id,
    ]);

  /** What init.pid says. */
  get pid(): number {
    return Number(readFileSync(path.join(this.bundle, 'init.pid'), 'utf8'));
  }

  /** Waits for the container, as its parent; returns its status. */
  wait(): Promise<number> {
    return waitFor(this.pid);
  }

  /** The lines of log.json, each of which must be JSON. */
  get log(): { readonly level: string; readonly msg: string; readonly time: string }[] {
    const file = path.join(this.bundle, 'log.json');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  /** What the shim shows to the user: the last error of the log. */
  get lastError(): string | undefined {
    return this.log.findLast(({ level }) => level === 'error')?.msg;
  }

  #createArgs(options: readonly string[]): string[] {
    return ['create', '--bundle', this.bundle, '--pid-file', path.join(this.bundle, 'init.pid'), ...options, this.#id];
  }

  #call(args: readonly string[], input?: string): Promise<Result> {
    return this.#spawn(args, [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], 'close', input);
  }

  #spawn(args: readonly string[], stdio: StdioOptions, event: 'exit' | 'close', input?: string): Promise<Result> {
    const log = ['--log', path.join(this.bundle, 'log.json'), '--log-format', 'json'];
    const command = [inject('runnc'), '--root', this.#place.root, ...log, ...args];
    const child = spawn(command[0] as string, command.slice(1), { cwd: this.bundle, stdio });
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (data: Buffer) => {
      stdout += data;
    });
    child.stderr?.on('data', (data: Buffer) => {
      stderr += data;
    });
    if (input !== undefined) child.stdin?.end(input);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        child.stdout?.destroy();
        child.stderr?.destroy();
        reject(new Error(`runnc ${args.join(' ')} hangs (exit status so far: ${child.exitCode})\n${stdout}${stderr}`));
      }, patience);
      child.on('error', reject);
      child.on(event, (code: number | null, signal: NodeJS.Signals | null) => {
        clearTimeout(timer);
        resolve({ status: code ?? 128 + constants.signals[signal ?? 'SIGKILL'], stdout, stderr });
      });
    });
  }
}

/** Reads a pipe to its end. */
function listen(fd: number): Stream {
  const socket = new Socket({ fd, readable: true, writable: false });
  const stream = { text: '', ended: new Promise<void>((resolve) => socket.on('close', () => resolve())) };
  socket.on('data', (data: Buffer) => {
    stream.text += data;
  });
  return stream;
}
