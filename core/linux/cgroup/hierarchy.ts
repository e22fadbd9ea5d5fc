/**
 * Where this machine keeps its cgroups: which controllers there are and where each is mounted (cgroups(7);
 * Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst). Version 1 has a hierarchy for each set of controllers, version 2 one
 * for all, a hybrid machine both; a controller belongs to exactly one of them.
 */
import { readFileSync } from 'node:fs';
import { readControl, words } from './control-file.ts';

/** One mounted cgroup hierarchy. */
export interface CgroupMount {
  readonly version: 1 | 2;
  /** Controllers to be had here; of version 1 also `name=systemd`, which limits nothing. */
  readonly controllers: readonly string[];
  readonly mountPoint: string;
}

/** All hierarchies that a container joins, those of version 1 first. */
export interface Hierarchy {
  readonly mounts: readonly CgroupMount[];
}

/** Reads this machine's hierarchies as this process sees them. */
export function detectHierarchy(): Hierarchy {
  const mounts = parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'), readFileSync('/proc/self/cgroup', 'utf8'));
  return {
    mounts: mounts.map((mount) =>
      mount.version === 2 ? { ...mount, controllers: words(readControl(`${mount.mountPoint}/cgroup.controllers`) ?? '') } : mount,
    ),
  };
}

/**
 * Finds the hierarchies in /proc/self/mountinfo (proc_pid_mountinfo(5)). Which words of the mount options are controllers is
 * taken from /proc/self/cgroup, since others stand beside them (`xattr`, `noprefix`, `release_agent=...`). The controllers of
 * version 2 are not in either file and left empty.
 */
export function parseMounts(mountinfo: string, cgroup: string): readonly CgroupMount[] {
  const known = parseControllers(cgroup);
  // A later mount on the same place hides the earlier one.
  const seen = new Map<string, Candidate>();
  for (const line of mountinfo.split('\n')) {
    // Most of the lines on a busy host are overlays and bind mounts: look before splitting.
    if (!line.includes(' - cgroup')) continue;
    const candidate = parseLine(line, known);
    if (candidate) seen.set(candidate.mountPoint, candidate);
  }
  const all = [...seen.values()].sort(byWorth);
  const v1 = new Map<string, CgroupMount>();
  for (const { version, controllers, mountPoint } of all) {
    const key = controllers.join();
    if (version === 1 && !v1.has(key)) v1.set(key, { version, controllers, mountPoint });
  }
  const unified = all.find(({ version }) => version === 2);
  const v2: readonly CgroupMount[] = unified ? [{ version: 2, controllers: [], mountPoint: unified.mountPoint }] : [];
  // On a host of version 2, a named hierarchy of version 1 is something that somebody mounted for a purpose of his own.
  const limits = [...v1.values()].some(({ controllers }) => !isNamed(controllers));
  return limits || v2.length === 0 ? [...v1.values(), ...v2] : v2;
}

interface Candidate extends CgroupMount {
  /** Which folder of the hierarchy is mounted: `/` unless it is a bind mount of a part. */
  readonly root: string;
}

/** The line's fields: ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [OPTIONAL...] - TYPE SOURCE SUPEROPTIONS. */
function parseLine(line: string, known: ReadonlySet<string>): Candidate | undefined {
  const [before = '', after = ''] = line.split(' - ', 2);
  const [, , , root, mountPoint] = before.split(' ');
  const [type, , options] = after.split(' ');
  if (root === undefined || mountPoint === undefined) return undefined;
  const place = { root: unescapeOctal(root), mountPoint: unescapeOctal(mountPoint) };
  if (type === 'cgroup2') return { version: 2, controllers: [], ...place };
  if (type !== 'cgroup' || options === undefined) return undefined;
  const controllers = options.split(',').filter((word) => known.has(word));
  // Named hierarchies other than systemd's belong to whoever made them.
  if (controllers.length === 0 || (isNamed(controllers) && !controllers.includes('name=systemd'))) return undefined;
  return { version: 1, controllers, ...place };
}

/** Controllers and names in /proc/self/cgroup: lines of ID:CONTROLLER[,CONTROLLER]:PATH; the path may hold colons. */
function parseControllers(cgroup: string): ReadonlySet<string> {
  return new Set(
    cgroup
      .split('\n')
      .flatMap((line) => line.split(':')[1]?.split(',') ?? [])
      .filter((name) => name !== ''),
  );
}

const isNamed = (controllers: readonly string[]): boolean => controllers.every((name) => name.startsWith('name='));

/** Of several mounts of one hierarchy, the whole before a part, the customary place before others, the shorter before the longer. */
function byWorth(a: Candidate, b: Candidate): number {
  const worth = ({ root, mountPoint }: Candidate) =>
    (root === '/' ? 0 : 2) + (`${mountPoint}/`.startsWith('/sys/fs/cgroup/') ? 0 : 1);
  return worth(a) - worth(b) || a.mountPoint.length - b.mountPoint.length;
}

/** Blank, tab, newline and backslash are written in octal (`\040`). */
function unescapeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
