/** The built executable with containers of its own, and what they leave. Needs root, dist/runnc and build/guests. */
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { execaSync } from 'execa';
import { onTestFinished } from 'vitest';
import { detectHierarchy, planCgroup } from '../../core/linux/cgroup/index.ts';

const top = join(import.meta.dirname, '../..');
export const executable = join(top, 'dist/runnc');
const guests = join(top, 'build/guests');
const lacking = [executable, join(guests, 'sleep.spt')].find((path) => !existsSync(path));
/** Why nothing of this can be tested here; empty when it can. */
export const missing = process.getuid?.() !== 0 ? 'root' : (lacking ?? '');

/** Namespaces, cgroup and mounts of a container with hooks, a user, and the like on top. */
const config = {
  ociVersion: '1.2.0',
  process: { args: ['/sleep'], cwd: '/', env: [], user: { uid: 0, gid: 0 } },
  root: { path: 'rootfs' },
  hostname: 'kernel-test',
  linux: {
    namespaces: ['pid', 'mount', 'network', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })),
    resources: { devices: [{ allow: false, access: 'rwm' }], memory: { limit: 64 << 20 } },
  },
};

export interface Machine {
  /** Folder of the states. */
  readonly root: string;
  readonly bundle: string;
  /** Arguments that every call has: `--root`, and a configuration of its own. */
  readonly global: readonly string[];
  /** Runs the executable, through `wrapper` where there is one; nothing is thrown. */
  runnc(
    args: readonly string[],
    wrapper?: readonly string[],
  ): Promise<{ readonly status: number | null; readonly output: string }>;
  /** What there is of a container on this machine; empty when nothing is. */
  traces(id: string): readonly string[];
}

/** A folder of states and a bundle whose program sleeps (`guest` names another one). */
export function makeMachine(change: Record<string, unknown> = {}, guest = 'sleep'): Machine {
  // Not in /tmp: a configuration counts only where nobody but root could have written it.
  const folder = mkdtempSync('/run/runnc-kernel-test-');
  const [root, bundle, settings] = [join(folder, 'states'), join(folder, 'bundle'), join(folder, 'runnc.config.json')];
  mkdirSync(join(bundle, 'rootfs'), { recursive: true });
  writeFileSync(settings, '{}');
  writeFileSync(join(bundle, 'rootfs/sleep'), readFileSync(join(guests, `${guest}.spt`)), { mode: 0o755 });
  writeFileSync(join(bundle, 'config.json'), JSON.stringify({ ...config, ...change }));
  const global = ['--root', root, '--config', settings];
  onTestFinished(() => {
    // Of a test that failed.
    for (const id of statesIn(root)) execaSync(executable, [...global, 'delete', '--force', basename(id)], { reject: false });
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    root,
    bundle,
    global,
    async runnc(args, wrapper = []) {
      const output = join(folder, 'output');
      const [program = '', ...rest] = [...wrapper, executable, ...global, ...args];
      // Into a file: a container of `create` keeps its output open.
      const fd = openSync(output, 'w');
      const child = spawn(program, rest, { stdio: ['ignore', fd, fd], cwd: bundle, timeout: 30_000 });
      closeSync(fd);
      const status = await new Promise<number | null>((resolve, reject) => {
        child.on('error', reject).on('exit', (code) => resolve(code));
      });
      return { status, output: readFileSync(output, 'utf8') };
    },
    traces: (id) => [...statesIn(root), ...cgroupsOf(id), ...processesWith(root), ...mountsBelow(folder)],
  };
}

const statesIn = (root: string) => (existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : []);
const cgroupsOf = (id: string) =>
  planCgroup({ cgroupsPath: undefined, id }, detectHierarchy())
    .directories.map(({ directory }) => directory)
    .filter((directory) => existsSync(directory));
const mountsBelow = (folder: string) =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(folder));

/** Processes that have a file below the folder open: init holds its container's. */
function processesWith(folder: string): readonly string[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.filter((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(folder));
    } catch {
      // It ended this moment.
      return false;
    }
  });
}
