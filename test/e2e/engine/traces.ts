/** What containers may leave behind on a machine, so that a test can compare before and after. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { beneath, hierarchies, processesIn } from './cgroups.ts';
import { dockerAt } from './docker.ts';
import type { EngineAddress } from './engine.ts';
import { mountPoints } from './folder.ts';
import { commandLine, isAlive } from './processes.ts';
import { until } from './until.ts';

export interface Traces {
  /** All that the engine has started. */
  readonly processes: readonly string[];
  readonly namespaces: readonly string[];
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  /** Network devices of the machine and of the engine's network. */
  readonly links: readonly string[];
  /** Where Docker, containerd and the runtimes keep the state of containers. */
  readonly files: readonly string[];
}

/** Docker's ids of containers. Other names are folders which stay between containers, or somebody else's. */
const containerId = /[0-9a-f]{64}/;
const state = ['containerd-state', 'docker/containers', 'docker-exec'];

/** What there is now. */
export async function traces(address: EngineAddress): Promise<Traces> {
  // Tests of another checkout may run at the same time.
  const isOfOthers = (file: string) => /\/runnc-\w+-/.test(file) && !file.includes(address.cgroupParent);
  const { stdout } = await dockerAt(address).onHost('ip', '-brief', 'link');
  const links = stdout.split('\n').map((line) => line.split(/[\s@]/)[0] ?? '');
  const processes = processesIn(address.cgroupParent).filter(isAlive);
  return {
    processes: processes.map((pid) => `${pid} ${commandLine(pid).join(' ')}`),
    namespaces: [...new Set(processes.flatMap(namespacesOf))],
    mounts: mountPoints().filter((mount) => !isOfOthers(mount)),
    cgroups: hierarchies()
      .flatMap(beneath)
      .filter((cgroup) => containerId.test(cgroup) && !isOfOthers(cgroup)),
    links: [...ownLinks(), ...links.filter((name) => name !== '').map((name) => `${name} (engine)`)],
    files: [...state.map((name) => path.join(address.folder, name)), '/run/runnc']
      .flatMap(filesBeneath)
      .filter((file) => containerId.test(file)),
  };
}

/** Waits until nothing is there that was not there `before`; else throws with a list of it. */
export async function nothingLeft(address: EngineAddress, before: Traces, milliseconds = 60_000): Promise<void> {
  let left: string[] = [];
  try {
    await until('nothing is left', milliseconds, async () => {
      left = added(before, await traces(address));
      return left.length === 0;
    });
  } catch {
    throw new Error(`left behind:\n  ${left.join('\n  ')}`);
  }
}

function added(before: Traces, now: Traces): string[] {
  return (Object.keys(now) as (keyof Traces)[]).flatMap((kind) => {
    const known = new Set(before[kind]);
    return now[kind].filter((name) => !known.has(name)).map((name) => `${kind}: ${name}`);
  });
}

/** Of our own network namespace, which need not be that of /sys. */
const ownLinks = (): string[] =>
  [...readFileSync('/proc/self/net/dev', 'utf8').matchAll(/^\s*(\S+):/gm)].map(([, name = '']) => name);

function namespacesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/ns`).map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
  } catch {
    return []; // The process has ended meanwhile.
  }
}

function filesBeneath(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true }).map((name) => path.join(folder, String(name)));
  } catch {
    return []; // Removed while being read: `nothingLeft` reads again.
  }
}
