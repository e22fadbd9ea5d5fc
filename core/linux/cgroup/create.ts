/** Making a container's cgroup and setting its limits. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { RunncError } from '../../errors.ts';
import type { DeviceRule, LinuxResources } from '../../oci/resources-types.ts';
import { errnoName, readControl, reason, words, writeControl } from './control-file.ts';
import { completeRules, defaultDevices, deviceWrites } from './devices.ts';
import { type CgroupDirectory, type CgroupPlan, pathDown, v1Directory, v2Directory } from './plan.ts';
import { processesIn } from './processes.ts';
import { tryRemove } from './remove.ts';
import { applySettings, type Placed } from './setting.ts';
import { controllersToEnable, settingsOf } from './settings.ts';

export interface CreateOptions {
  /** Allowed besides the bundle's rules and the default devices: what the tender opens (`/dev/kvm`). */
  readonly devices?: readonly DeviceRule[];
}

/**
 * Makes the cgroup with all its limits in force, so that a process has only to join it. A failure leaves what was made so far to
 * `removeCgroup`.
 */
export async function createCgroup(
  plan: CgroupPlan,
  resources: LinuxResources,
  { devices = [] }: CreateOptions = {},
): Promise<void> {
  // What systemd has made is the plan's own, and has the process in it that keeps it.
  if (!plan.unit) requireUnused(plan);
  const settings = settingsOf(plan, resources);
  const wanted = controllersToEnable(plan, settings);
  for (const place of plan.directories) {
    try {
      const make = plan.unit ? makeBeside : makeFresh;
      if (place.version === 2) makeV2(plan, place, wanted, make);
      else if (place.controllers.includes('cpuset')) makeCpuset(place, make);
      else make(place.directory);
    } catch (error) {
      if (error instanceof RunncError) throw error;
      throw new RunncError('ERR_CGROUP', `making cgroup ${place.directory} of container ${plan.id}: ${reason(error)}`, {
        cause: error,
      });
    }
  }
  applySettings(plan, settings);
  await limitDevices(plan, [...(resources.devices ?? []), ...defaultDevices, ...devices]);
}

/** Sets new limits for an existing cgroup; what is not named stays, and the list of devices stays always, as with runc. */
export function updateCgroup(plan: CgroupPlan, resources: LinuxResources): void {
  const settings = settingsOf(plan, resources);
  const place = v2Directory(plan);
  if (place) enableDown(place, controllersToEnable(plan, settings));
  const { limit = 0, checkBeforeUpdate = false } = resources.memory ?? {};
  // In version 1 the kernel refuses a limit below what is in use; in version 2 it would kill.
  if (place && checkBeforeUpdate && limit > 0) {
    const usage = Number(readControl(`${place.directory}/memory.current`) ?? 0);
    if (usage > limit) {
      throw new RunncError(
        'ERR_CGROUP',
        `setting memory limit of container ${plan.id}: ${limit} bytes is less than the ${usage} in use`,
      );
    }
  }
  applySettings(plan, settings);
}

/**
 * Refuses a cgroup that has processes already: they are not the container's, and would be killed with it. To be called before
 * the plan is saved, so that no failure is answered by removing what belongs to others.
 */
export function requireUnused(plan: CgroupPlan): void {
  for (const { directory } of plan.directories) {
    if (!existsSync(directory)) continue;
    const [pid] = processesIn(directory);
    if (pid !== undefined) {
      throw new RunncError('ERR_CGROUP', `cgroup ${directory} of container ${plan.id} is in use by process ${pid}`, {
        hint: 'each container needs a cgroupsPath of its own',
      });
    }
  }
}

/** Makes a directory; one that was left over is made anew, so that it has no limits, programs or frozen state of another's. */
function makeFresh(directory: string): void {
  try {
    mkdirSync(directory, 0o755);
  } catch (error) {
    if (errnoName(error) === 'ENOENT') {
      mkdirSync(dirname(directory), { recursive: true, mode: 0o755 });
      mkdirSync(directory, 0o755);
      return;
    }
    if (errnoName(error) !== 'EEXIST' || !tryRemove(directory)) throw error;
    mkdirSync(directory, 0o755);
  }
}

/** Where systemd has made none: in hierarchies that it does not manage. */
function makeBeside(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
}

/** In version 1 a new cpuset is empty and cannot be joined until it has CPUs and memory nodes (cgroup-v1/cpusets.rst). */
function makeCpuset(place: CgroupDirectory, make: (directory: string) => void): void {
  make(place.directory);
  for (const file of ['cpuset.cpus', 'cpuset.mems']) inherit(place.mountPoint, place.directory, file);
}

function inherit(mountPoint: string, directory: string, file: string): string {
  const own = readControl(`${directory}/${file}`) ?? '';
  if (own !== '' || directory === mountPoint) return own;
  const value = inherit(mountPoint, dirname(directory), file);
  writeControl(`${directory}/${file}`, value);
  return value;
}

function makeV2(plan: CgroupPlan, place: CgroupDirectory, wanted: readonly string[], make: (directory: string) => void): void {
  enableDown(place, wanted);
  make(place.directory);
  const type = readControl(`${place.directory}/cgroup.type`) ?? 'domain';
  if (type !== 'domain') {
    throw new RunncError(
      'ERR_CGROUP',
      `cgroup ${place.directory} of container ${plan.id} is of type ${type}, which a process cannot join`,
      {
        hint: 'a cgroup above it is threaded; choose another cgroupsPath',
      },
    );
  }
}

/** Passes controllers on along the way down (cgroup-v2.rst, "Top-down Constraint"); what could not be passed on shows when it is set. */
function enableDown(place: CgroupDirectory, wanted: readonly string[]): void {
  for (const directory of pathDown(place).slice(0, -1)) {
    if (directory !== place.mountPoint && !existsSync(directory)) mkdirSync(directory, { recursive: true, mode: 0o755 });
    const file = `${directory}/cgroup.subtree_control`;
    const enabled = words(readControl(file) ?? '');
    const missing = wanted.filter((controller) => !enabled.includes(controller));
    if (missing.length === 0 || hasOwnProcesses(directory)) continue;
    if (!attempt(file, missing)) for (const controller of missing) attempt(file, [controller]);
  }
}

/**
 * A cgroup with processes of its own cannot pass on most controllers, and the others (cpu, pids) would turn it into a threaded one,
 * below which no container can be (cgroup-v2.rst, "No Internal Process Constraint"). The root, which has no type, may have both.
 */
function hasOwnProcesses(directory: string): boolean {
  return existsSync(`${directory}/cgroup.type`) && readControl(`${directory}/cgroup.procs`) !== '';
}

function attempt(file: string, controllers: readonly string[]): boolean {
  try {
    writeControl(file, controllers.map((controller) => `+${controller}`).join(' '));
    return true;
  } catch {
    // Not an error as long as no limit needs it; `explain` in setting.ts finds the reason again.
    return false;
  }
}

async function limitDevices(plan: CgroupPlan, rules: readonly DeviceRule[]): Promise<void> {
  const matches = completeRules(rules);
  const old = v1Directory(plan, 'devices');
  const modern = v2Directory(plan);
  if (old) {
    const settings = deviceWrites(matches).map(
      ({ file, value }): Placed => ({
        controller: 'devices',
        place: old,
        setting: { what: `device rule ${value}`, file, value },
      }),
    );
    applySettings(plan, settings);
  } else if (modern) {
    // Loaded here: koffi costs milliseconds that a machine with cgroup v1 does not have to pay.
    const [{ deviceProgram }, { attachDeviceProgram }] = await Promise.all([
      import('./device-program.ts'),
      import('./device-attach.ts'),
    ]);
    await attachDeviceProgram(modern.directory, deviceProgram(matches));
  } else if (plan.directories.length > 0) {
    throw new RunncError(
      'ERR_CGROUP',
      `limiting devices of container ${plan.id}: there is no devices controller on this machine`,
    );
  }
}
