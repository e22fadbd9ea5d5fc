/** Which directories a container's cgroup has: plain JSON, known and saved before the first of them is made. */
import { RunncError } from '../../errors.ts';
import type { Hierarchy } from './hierarchy.ts';

/** One directory of the cgroup: in version 1 there is one for each mounted hierarchy. */
export interface CgroupDirectory {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  /** Absolute, below `mountPoint`. */
  readonly directory: string;
}

export interface CgroupPlan {
  /** The container's id, for messages. */
  readonly id: string;
  readonly directories: readonly CgroupDirectory[];
  /** The unit of systemd that has it: made by systemd, and gone with its last process. */
  readonly unit?: SystemdUnit;
}

export interface SystemdUnit {
  /** `docker-ID.scope` */
  readonly name: string;
  /** `system.slice` */
  readonly slice: string;
}

/**
 * Names the directories of a container's cgroup (runtime-spec, config-linux.md, "Cgroups Path"). An absolute path is relative
 * to the mount point of each hierarchy. A relative one is put below /runnc, and a missing one becomes /runnc/ID: the
 * specification leaves the place to the runtime but wants it to be the same each time, which it would not be if it
 * depended on the cgroup from which the runtime was called.
 */
export function planCgroup(
  { cgroupsPath, id }: { readonly cgroupsPath: string | undefined; readonly id: string },
  { mounts }: Hierarchy,
): CgroupPlan {
  const below = namesBelowMount(cgroupsPath || undefined, id).map(shorten);
  return { id, directories: mounts.map((mount) => ({ ...mount, directory: [mount.mountPoint, ...below].join('/') })) };
}

/** How the process that is to be the container gets into its cgroup. */
export interface CgroupEntry {
  /**
   * Files of version 1 into which it writes `0`, each in one write. `tasks` and not cgroup.procs: for a thread that moves
   * itself the kernel needs no lock over all processes, which would cost a grace period of RCU (kernel/cgroup/cgroup.c,
   * cgroup_procs_write_start).
   */
  readonly tasks: readonly string[];
  /** Directory of version 2, in which it is born (clone3 with CLONE_INTO_CGROUP), for the same reason. */
  readonly unified: string | undefined;
}

export function entryOf({ directories }: CgroupPlan): CgroupEntry {
  return {
    tasks: directories.filter(({ version }) => version === 1).map(({ directory }) => `${directory}/tasks`),
    unified: directories.find(({ version }) => version === 2)?.directory,
  };
}

/** The directory that holds a controller of version 1, if any. */
export function v1Directory(plan: CgroupPlan, controller: string): CgroupDirectory | undefined {
  return plan.directories.find(({ version, controllers }) => version === 1 && controllers.includes(controller));
}

/** The directory in the hierarchy of version 2, if any. */
export function v2Directory(plan: CgroupPlan): CgroupDirectory | undefined {
  return plan.directories.find(({ version }) => version === 2);
}

/** All directories from the mount point down to the cgroup, both included. */
export function pathDown({ mountPoint, directory }: CgroupDirectory): readonly string[] {
  const names = directory.slice(mountPoint.length + 1).split('/');
  return [mountPoint, ...names.map((_, index) => [mountPoint, ...names.slice(0, index + 1)].join('/'))];
}

/** Where cgroups go for which no absolute path is given. */
const common = 'runnc';

function namesBelowMount(cgroupsPath: string | undefined, id: string): readonly string[] {
  if (cgroupsPath === undefined) return [common, escapeName(id)];
  if (cgroupsPath.includes('\0') || cgroupsPath.includes('\n')) {
    throw new RunncError(
      'ERR_CGROUP',
      `cgroupsPath ${JSON.stringify(cgroupsPath)} of container ${id} has a character that no cgroup's name may have`,
    );
  }
  const isAbsolute = cgroupsPath.startsWith('/');
  if (!isAbsolute && cgroupsPath.split(':').length === 3) {
    throw new RunncError(
      'ERR_CGROUP',
      `cgroupsPath ${cgroupsPath} of container ${id} is meant for systemd (slice:prefix:name), and --systemd-cgroup is not given`,
      {
        hint: 'set the engine to one cgroup driver (for containerd: SystemdCgroup = true in the options of the runtime)',
      },
    );
  }
  const names = clean(cgroupsPath);
  if (names.length === 0) {
    throw new RunncError('ERR_CGROUP', `cgroupsPath ${cgroupsPath} of container ${id} names no cgroup below the root`, {
      hint: 'a container needs a cgroup of its own',
    });
  }
  return isAbsolute ? names : [common, ...names];
}

/** The names along a path, with `..` never leading above the root. */
function clean(path: string): readonly string[] {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names;
}

/**
 * An id as a directory's name. An id such as `memory.max` or `tasks` would meet a control file of its parent, so what could be
 * one (or begins as an escaped one does) gets an underscore in front, as cgroup-v2.rst ("Avoid Name Collisions") suggests.
 */
function escapeName(id: string): string {
  return /^_|^[a-z_]*\.|^(tasks|release_agent|notify_on_release)$/.test(id) ? `_${id}` : id;
}

const longestName = 255; // NAME_MAX, linux/limits.h

/** A name that is too long for a directory is cut, and told apart from its like by a hash of the whole. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= longestName) return name;
  // Loaded here because it takes milliseconds and nearly no name is as long.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256').update(name).digest('hex');
  return `${Buffer.from(name).subarray(0, 128).toString('utf8').replaceAll('�', '')}-${hash}`;
}
