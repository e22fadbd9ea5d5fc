/** What a container may leave on a machine: a list before it, to be compared with one after it. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const cgroups = '/sys/fs/cgroup';

/** Mounts, network devices of this network namespace, and what has the container's name in cgroups and in its state's folder. */
export function traces(id: string, state: string): ReadonlySet<string> {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return new Set([
    ...mounts.filter((line) => line !== '').map((line) => `the mount ${line.split(' ')[4]}`),
    ...[...readFileSync('/proc/self/net/dev', 'utf8').matchAll(/^ *(\S+):/gm)].map(([, name]) => `the network device ${name}`),
    ...[cgroups, ...names(cgroups).map((name) => path.join(cgroups, name))].flatMap((top) =>
      [top, path.join(top, 'runnc')].flatMap((folder) =>
        names(folder)
          .filter((name) => name.includes(id))
          .map((name) => `the cgroup ${path.join(folder, name)}`),
      ),
    ),
    ...names(state)
      .filter((name) => name.includes(id))
      .map((name) => `the state ${path.join(state, name)}`),
  ]);
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // A file, or nothing.
  }
}
