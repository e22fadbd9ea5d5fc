/** Commands about the processes of a container that runs: ps, pause, resume, update. */
import { readFileSync } from 'node:fs';
import { RunncError } from '../errors.ts';
import { freeze, type LinuxResources, processes, thaw, updateCgroup } from '../linux/cgroup/index.ts';
import type { ContainerRecord } from '../state/record.ts';
import { demand } from '../state/status.ts';
import type { Context } from './context.ts';

type Cgroup = NonNullable<ContainerRecord['cgroup']>;

/** Process ids in the runtime's pid namespace. */
export function listProcesses({ store }: Context, id: string): readonly number[] {
  const record = store.read(id);
  demand('ps', record);
  return processes(record.cgroup as Cgroup);
}

export async function pause({ store }: Context, id: string): Promise<void> {
  const record = store.read(id);
  demand('pause', record);
  await freeze(record.cgroup as Cgroup);
}

export async function resume({ store }: Context, id: string): Promise<void> {
  const record = store.read(id);
  demand('resume', record);
  await thaw(record.cgroup as Cgroup);
}

/**
 * Sets new limits from a file with a LinuxResources object (`-`: standard input).
 * @throws RunncError ERR_ARGUMENT, ERR_CGROUP
 */
export async function update({ store }: Context, id: string, file: string): Promise<void> {
  const record = store.read(id);
  demand('update', record);
  let resources: unknown;
  try {
    resources = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (cause) {
    throw new RunncError(
      'ERR_ARGUMENT',
      `the resources in ${file === '-' ? 'standard input' : file} cannot be read: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (typeof resources !== 'object' || resources === null || Array.isArray(resources)) {
    throw new RunncError('ERR_ARGUMENT', 'the resources must be a JSON object (linux.resources of config.json)');
  }
  const cgroup = record.cgroup as Cgroup;
  const limits = withoutNulls(resources) as LinuxResources;
  if (!cgroup.unit) return updateCgroup(cgroup, limits);
  await (await import('../linux/cgroup/systemd/index.ts')).updateUnit(cgroup, cgroup.unit, limits);
}

/** Go writes null for a pointer that is not set. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  );
}
