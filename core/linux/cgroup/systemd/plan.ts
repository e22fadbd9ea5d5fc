/**
 * Where systemd puts a container's cgroup. config.json names a unit in place of a path: `slice:prefix:name` is the scope
 * PREFIX-NAME.scope in SLICE (runc, docs/systemd.md, "Systemd unit name and placement").
 */
import { RunncError } from '../../../errors.ts';
import type { Hierarchy } from '../hierarchy.ts';
import type { CgroupPlan, SystemdUnit } from '../plan.ts';

/** Without a cgroupsPath, as with runc, whose prefix is its own name. */
const usualSlice = 'system.slice';
const usualPrefix = 'runnc';

/** UNIT_NAME_MAX, systemd's basic/unit-def.h, less the NUL. */
const longestName = 255;

/**
 * Names the unit, and the directories that systemd will make for it or that are made beside it at the same place.
 * @throws RunncError ERR_CGROUP for what is no `slice:prefix:name`, and no unit for processes
 */
export function planUnit(
  { cgroupsPath, id }: { readonly cgroupsPath: string | undefined; readonly id: string },
  { mounts }: Hierarchy,
): CgroupPlan {
  const unit = unitOf(cgroupsPath || `:${usualPrefix}:${id}`, id);
  const below = [...slicesDown(unit.slice, id), unit.name];
  return { id, unit, directories: mounts.map((mount) => ({ ...mount, directory: [mount.mountPoint, ...below].join('/') })) };
}

function unitOf(cgroupsPath: string, id: string): SystemdUnit {
  const parts = cgroupsPath.split(':');
  const [slice = '', prefix = '', last = ''] = parts;
  if (parts.length !== 3 || last === '') {
    throw new RunncError(
      'ERR_CGROUP',
      `cgroupsPath ${JSON.stringify(cgroupsPath)} of container ${id} does not read slice:prefix:name, as the systemd cgroup driver wants it`,
      { hint: 'leave out --systemd-cgroup for paths of the cgroup file system' },
    );
  }
  if (last.endsWith('.slice')) {
    throw new RunncError('ERR_CGROUP', `cgroupsPath ${cgroupsPath} of container ${id} names a slice, which holds no processes`, {
      hint: 'name a scope: SLICE:PREFIX:NAME, without .slice at the end',
    });
  }
  const name = `${prefix}-${last}.scope`;
  // What systemd takes (basic/unit-name.c, VALID_CHARS); all else its own tools would write in another way.
  if (!/^[\w:.@\\-]+$/.test(name) || name.length > longestName) {
    throw new RunncError(
      'ERR_CGROUP',
      `${JSON.stringify(name)}, from the cgroupsPath of container ${id}, is no name for a unit`,
      {
        hint: `a unit's name has letters, digits and :-_.\\@, and at most ${longestName} of them`,
      },
    );
  }
  return { name, slice: slice || usualSlice };
}

/** The slices from the root to this one: each dash is a step down (systemd.slice(5)). None for the root, `-.slice`. */
function slicesDown(slice: string, id: string): readonly string[] {
  if (slice === '-.slice') return [];
  const words = slice.slice(0, -'.slice'.length).split('-');
  if (!/^[\w:.@\\-]+\.slice$/.test(slice) || words.includes('') || slice.length > longestName) {
    throw new RunncError(
      'ERR_CGROUP',
      `${JSON.stringify(slice)}, from the cgroupsPath of container ${id}, is no name of a slice`,
      {
        hint: 'a slice reads a.slice, or a-b.slice for one inside of it',
      },
    );
  }
  return words.map((_, index) => `${words.slice(0, index + 1).join('-')}.slice`);
}
