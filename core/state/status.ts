/** States as a table: what a container is doing, and what may be done to it. */
import { RunncError } from '../errors.ts';
import { isAlive } from '../sys/process.ts';
import type { ContainerRecord } from './record.ts';

/** The OCI status of a container (runtime-spec, runtime.md, "State"). */
export type Status = 'creating' | 'created' | 'running' | 'stopped';

/** Which commands are allowed in which state: the one table. `--force` allows `delete` everywhere. */
export const allowed = {
  start: ['created'],
  kill: ['created', 'running'],
  delete: ['created', 'stopped'],
  pause: ['created', 'running'],
  resume: ['created', 'running'],
  update: ['created', 'running'],
  ps: ['created', 'running'],
  sync: ['created', 'running', 'stopped'],
} as const satisfies Record<string, readonly Status[]>;

/** What the record and the process table say together. */
export function statusOf({ phase, init, creator }: ContainerRecord): Status {
  if (!init) return isAlive(creator) ? 'creating' : 'stopped';
  return isAlive(init) ? phase : 'stopped';
}

/**
 * Checks that a command is allowed in the state in which the container is.
 * @throws RunncError ERR_STATE; engines look for "container not running" in what `kill` says of a stopped one
 */
export function demand(command: keyof typeof allowed, record: ContainerRecord): Status {
  const status = statusOf(record);
  if (!(allowed[command] as readonly Status[]).includes(status)) {
    const why = status === 'stopped' ? 'container not running' : `container is ${status}`;
    throw new RunncError('ERR_STATE', `cannot ${command} container ${record.id}: ${why}`);
  }
  return status;
}
