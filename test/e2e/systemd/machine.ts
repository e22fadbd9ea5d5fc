/** A machine whose first process is systemd (machine.sh), for one test file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beneath, cgroupsOf, hierarchies, removeCgroups } from '../engine/cgroups.ts';
import { removeFolder } from '../engine/folder.ts';
import { until } from '../engine/until.ts';

/** Debian's; others have it in /usr/lib alone, to which /lib leads there. */
const systemd = '/lib/systemd/systemd';
/** Why there can be no such machine here; empty when there can. */
export const missing = [systemd, '/usr/bin/systemd-run'].find((file) => !existsSync(file)) ?? '';

export interface Ended {
  readonly status: number;
  /** Standard output and error. */
  readonly output: string;
}

export class Machine {
  /** Seen from outside and inside. */
  readonly folder = mkdtempSync('/var/tmp/runnc-systemd-');
  /** Its cgroup, in each hierarchy. */
  readonly name = path.basename(this.folder);
  #pid = 0;
  #started: ChildProcess | undefined;

  async start(): Promise<void> {
    const started = spawn(path.join(import.meta.dirname, 'machine.sh'), [this.name], { stdio: ['ignore', 'inherit', 'inherit'] });
    this.#started = started;
    await until('systemd runs', 30_000, () => {
      const children = readIfThere(`/proc/${started.pid}/task/${started.pid}/children`);
      this.#pid = Number(children.split(' ')[0]);
      if (started.exitCode !== null) throw new Error(`the machine with systemd ended with status ${started.exitCode}`);
      return this.#pid > 0 && existsSync(`/proc/${this.#pid}/root/run/systemd/private`);
    });
    // Not earlier: it tidies up what it finds.
    for (const cgroup of this.#places()) mkdirSync(cgroup, { recursive: true });
  }

  /** Cgroups for what is run inside: in version 1 the machine's top; in version 2 that may have no processes. */
  #places(): readonly string[] {
    return hierarchies().map((mount) => {
      const top = path.join(mount, this.name);
      return existsSync(path.join(mount, 'tasks')) ? top : path.join(top, 'commands');
    });
  }

  /** What to run from outside to have a command run inside. */
  inside(command: readonly string[]): readonly [string, ...string[]] {
    const join = 'for cgroup in $0; do echo 0 > $cgroup/cgroup.procs; done; exec "$@"';
    return ['/bin/sh', '-c', join, this.#places().join(' '), 'nsenter', `--target=${this.#pid}`, '--all', '--', ...command];
  }

  /** Runs a script of sh(1); `args` are $1 and so on. */
  async sh(script: string, ...args: readonly string[]): Promise<Ended> {
    const [program, ...rest] = this.inside(['/bin/sh', '-c', script, 'sh', ...args]);
    // Into files, as containers keep what they are given.
    const output = path.join(this.folder, 'output');
    const fd = openSync(output, 'w');
    const child = spawn(program, rest, { stdio: ['ignore', fd, fd], timeout: 60_000, killSignal: 'SIGKILL' });
    closeSync(fd);
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('exit', (code) => resolve(code));
    });
    return { status: exitCode ?? -1, output: readFileSync(output, 'utf8') };
  }

  /** The same; throws unless it succeeds, and returns what it said. */
  async must(script: string, ...args: readonly string[]): Promise<string> {
    const { status, output } = await this.sh(script, ...args);
    if (status !== 0) throw new Error(`${script}: status ${status}\n${output}`);
    return output;
  }

  /** Cgroups of containers, from the machine's top on, in all hierarchies. */
  scopes(): readonly string[] {
    return cgroupsOf(this.name)
      .filter((cgroup) => /\/[^/]+-[^/]+\.scope(\/|$)/.test(cgroup))
      .map((cgroup) => cgroup.slice(cgroup.indexOf(this.name) + this.name.length));
  }

  /** Content of a control file of a cgroup, wherever its controller is; the first of several names that is there. */
  control(cgroup: string, ...names: readonly string[]): string {
    const files = names.flatMap((name) => hierarchies().map((mount) => path.join(mount, this.name, cgroup, name)));
    const file = files.find((name) => existsSync(name));
    if (file === undefined) throw new Error(`there is no ${names.join(' or ')} in ${beneath('/sys/fs/cgroup').length} cgroups`);
    return readFileSync(file, 'utf8').trim();
  }

  async stop(): Promise<void> {
    // Of a test that failed in the middle: a frozen process of version 1 does not even die.
    for (const freezer of cgroupsOf(this.name).map((cgroup) => path.join(cgroup, 'freezer.state')))
      if (existsSync(freezer)) writeFileSync(freezer, 'THAWED');
    // With it all processes of its namespace.
    if (this.#pid > 0 && this.#started?.exitCode === null) process.kill(this.#pid, 'SIGKILL');
    await removeCgroups(this.name);
    await removeFolder(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // It has ended.
  }
}
