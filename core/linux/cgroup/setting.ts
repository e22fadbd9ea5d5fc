/** One value for one control file, and the writing of many. */
import { existsSync } from 'node:fs';
import { RunncError } from '../../errors.ts';
import { errnoName, readControl, reason, words, writeControl } from './control-file.ts';
import { type CgroupDirectory, type CgroupPlan, pathDown } from './plan.ts';

/** What is asked of a controller: something to write, or something that this version of cgroups cannot do. */
export type Setting = Write | Refusal;

interface Write {
  /** What it is, after "setting": `memory limit`. */
  readonly what: string;
  readonly file: string;
  /** A function gets what is in the file now. */
  readonly value: string | ((now: string) => string);
  /** Used where the kernel has no such file. */
  readonly otherwise?: { readonly file: string; readonly value: string };
  /** A kernel without the file does what is wanted anyway. */
  readonly optional?: boolean;
}

interface Refusal {
  readonly what: string;
  readonly impossible: string;
}

/** A setting and the directory of the cgroup that has its controller; undefined where no mounted hierarchy has it. */
export interface Placed {
  readonly setting: Setting;
  readonly controller: string;
  readonly place: CgroupDirectory | undefined;
}

/**
 * Writes settings in their order. Some values bind each other (limit and limit with swap, quota and period and burst) and the
 * kernel refuses with EINVAL what does not fit *yet*, so each value refused in this way is tried again after the others.
 */
export function applySettings(plan: CgroupPlan, settings: readonly Placed[]): void {
  const again: Placed[] = [];
  for (const placed of settings) {
    try {
      apply(plan, placed);
    } catch (error) {
      if (errnoName(error) !== 'EINVAL') throw explain(plan, placed, error);
      again.push(placed);
    }
  }
  for (const placed of again) {
    try {
      apply(plan, placed);
    } catch (error) {
      throw explain(plan, placed, error);
    }
  }
}

function apply(plan: CgroupPlan, { setting, controller, place }: Placed): void {
  const { what } = setting;
  if ('impossible' in setting) throw failure(plan, what, setting.impossible);
  if (!place) {
    if (setting.optional) return;
    throw failure(
      plan,
      what,
      `there is no ${controller} controller on this machine`,
      'see /proc/cgroups and /proc/self/mountinfo',
    );
  }
  const { file, value, otherwise, optional } = setting;
  const path = `${place.directory}/${file}`;
  if ((otherwise || optional) && !existsSync(path)) {
    if (otherwise) writeControl(`${place.directory}/${otherwise.file}`, otherwise.value);
    return;
  }
  writeControl(path, typeof value === 'string' ? value : value(readControl(path) ?? ''));
}

function failure(plan: CgroupPlan, what: string, why: string, hint?: string, cause?: unknown): RunncError {
  return new RunncError('ERR_CGROUP', `setting ${what} of container ${plan.id}: ${why}`, {
    ...(hint !== undefined && { hint }),
    cause,
  });
}

/** Turns the kernel's answer into a sentence that says what stands in the way. */
function explain(plan: CgroupPlan, { setting, controller, place }: Placed, error: unknown): RunncError {
  if (error instanceof RunncError) return error;
  if ('impossible' in setting || !place) return failure(plan, setting.what, reason(error), undefined, error);
  const { what, file } = setting;
  const path = `${place.directory}/${file}`;
  const value = typeof setting.value === 'string' ? setting.value : setting.value(readControl(path) ?? '');
  if (errnoName(error) === 'ENOENT') {
    const why = place.version === 2 ? notEnabled(place, controller) : undefined;
    return failure(plan, what, why ?? `this kernel has no ${path}`, undefined, error);
  }
  const usage = errnoName(error) === 'EBUSY' ? readControl(`${place.directory}/memory.usage_in_bytes`) : undefined;
  const why = `writing ${JSON.stringify(value)} to ${path}: ${reason(error)}`;
  return failure(plan, what, why, usage === undefined ? undefined : `${usage} bytes are in use`, error);
}

/** Why a cgroup of version 2 has not got a controller (cgroup-v2.rst, "Controlling Controllers"). */
function notEnabled(place: CgroupDirectory, controller: string): string | undefined {
  const has = (directory: string, file: string) => words(readControl(`${directory}/${file}`) ?? '').includes(controller);
  if (has(place.directory, 'cgroup.controllers')) return undefined;
  const lacking = pathDown(place).find((directory) => !has(directory, 'cgroup.subtree_control'));
  if (lacking === undefined) return undefined;
  const busy = readControl(`${lacking}/cgroup.procs`);
  return busy
    ? `controller ${controller} cannot be passed on by ${lacking}, which has processes of its own`
    : `controller ${controller} is not passed on by ${lacking}`;
}
