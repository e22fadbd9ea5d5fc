/** Starting services with a log file, and ending processes by their ids. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { until } from './until.ts';

export interface Service {
  readonly pid: number;
  /** Throws, with the end of its log, when it has ended. */
  mustRun(): void;
}

export interface ServiceOptions {
  readonly name: string;
  readonly folder: string;
  /** The cgroup.procs of the cgroup to be in. */
  readonly cgroup: string;
  readonly command: readonly string[];
}

/** Starts a program in a session of its own, its output in FOLDER/NAME.log. */
export function startService({ name, folder, cgroup, command }: ServiceOptions): Service {
  const log = path.join(folder, `${name}.log`);
  const output = openSync(log, 'w');
  const inCgroup = ['-c', 'echo 0 > "$0" && exec "$@"', cgroup, ...command];
  const child = spawn('/bin/sh', inCgroup, { detached: true, stdio: ['ignore', output, output], cwd: folder });
  closeSync(output);
  let ended: string | undefined;
  child.on('error', (error) => {
    ended = error.message;
  });
  child.on('exit', (status, signal) => {
    ended = `ended with ${signal ?? status}`;
  });
  child.unref();
  return {
    pid: child.pid ?? -1,
    mustRun() {
      if (ended === undefined) return;
      const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20);
      throw new Error(`${name} ${ended}; the end of ${log}:\n${lines.join('\n')}`);
    },
  };
}

/** Asks `pids` to end, and after `milliseconds` makes them. */
export async function endProcesses(pids: readonly number[], milliseconds: number): Promise<void> {
  if (pids.length === 0) return;
  for (const pid of pids) signal(pid, 'SIGTERM');
  try {
    await until('processes end', milliseconds, () => !pids.some(isAlive));
  } catch {
    for (const pid of pids) signal(pid, 'SIGKILL');
    await until(`killed processes ${pids.join(', ')} are gone`, 60_000, () => !pids.some(isAlive));
  }
}

/** Arguments of a process; none when it has ended. */
export function commandLine(pid: number): string[] {
  return readProc(pid, 'cmdline').split('\0').slice(0, -1);
}

/** Content of /proc/PID/NAME; empty when the process has ended. */
export function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** Whether the process is there and not a zombie: one of those waits for its parent, and has given back all else. */
export function isAlive(pid: number): boolean {
  const state = /^\d+ \(.*\) (.)/s.exec(readProc(pid, 'stat'))?.[1];
  return state !== undefined && state !== 'Z';
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
