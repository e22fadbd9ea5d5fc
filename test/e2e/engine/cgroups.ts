/**
 * The cgroups of an engine: NAME/ID for its containers, and NAME/engine for dockerd, containerd and whatever they start, until
 * a runtime moves it to its container's. So every process that descends from an engine is known, even when its parent
 * has died, its arguments are empty and its namespaces are its own. Works with cgroup v1, v2 and both.
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { until } from './until.ts';

const root = '/sys/fs/cgroup';

/** Makes NAME/engine; returns the file into which a process writes its id to be in there. */
export function makeEngineCgroup(name: string): string {
  const all = hierarchies();
  // One hierarchy is enough, and any that takes processes without further settings (cpuset would not).
  const hierarchy = ['/unified', '/systemd', '/pids'].map((suffix) => root + suffix).find((mount) => all.includes(mount)) ?? root;
  const folder = path.join(hierarchy, name, 'engine');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, 'cgroup.procs');
}

/** Paths of all cgroups, in every hierarchy, whose path from the hierarchy's top begins with `name`. */
export function cgroupsOf(name: string): string[] {
  return hierarchies()
    .flatMap((hierarchy) => beneath(path.join(hierarchy, name)))
    .sort();
}

/** Ids of the processes in those cgroups. */
export function processesIn(name: string): number[] {
  const ids = cgroupsOf(name).flatMap((folder) => readIfThere(path.join(folder, 'cgroup.procs')).split('\n'));
  return [...new Set(ids.filter((id) => id !== '').map(Number))];
}

/** Removes them, innermost first, once the kernel has seen off the processes that were in them. */
export async function removeCgroups(name: string): Promise<void> {
  await until(`the cgroups ${name} are empty`, 60_000, () => {
    for (const folder of cgroupsOf(name).reverse()) {
      try {
        rmdirSync(folder);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      }
    }
    return cgroupsOf(name).length === 0;
  });
}

/** Tops of the mounted hierarchies: one for v2, one for each controller with v1. */
export function hierarchies(): string[] {
  const mounted = readFileSync('/proc/self/mountinfo', 'utf8').matchAll(/^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2? /gm);
  return [...new Set([...mounted].map(([, mount = '']) => mount).filter((mount) => mount.startsWith(root)))];
}

/** A cgroup and all cgroups in it. */
export function beneath(folder: string): string[] {
  try {
    const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [folder, ...inner.flatMap(({ name }) => beneath(path.join(folder, name)))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
