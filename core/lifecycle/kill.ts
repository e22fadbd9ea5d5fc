/** `kill`: a signal for the container's first process, or for all of them. */
import { constants } from 'node:os';
import { RunncError } from '../errors.ts';
import { isFrozen, killCgroup, processes, thaw } from '../linux/cgroup/index.ts';
import { demand } from '../state/status.ts';
import type { ProcessIdentity } from '../sys/process.ts';
import type { Context } from './context.ts';

/** Largest signal number, SIGRTMAX. */
const lastSignal = 64;

/**
 * The number of a signal given as `TERM`, `SIGTERM`, `term` or `15`.
 * @throws RunncError ERR_ARGUMENT
 */
export function signalNumber(text: string): number {
  if (/^\d{1,2}$/.test(text)) {
    const number = Number(text);
    if (number <= lastSignal) return number;
  }
  const upper = text.toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  const number = (constants.signals as Readonly<Record<string, number>>)[name];
  if (number !== undefined) return number;
  const realTime = /^SIGRT(MIN|MAX)([+-]\d{1,2})?$/.exec(name);
  const counted = realTime && (realTime[1] === 'MIN' ? 34 : lastSignal) + Number(realTime[2] ?? 0);
  if (counted && counted >= 34 && counted <= lastSignal) return counted;
  throw new RunncError('ERR_ARGUMENT', `there is no signal ${text}`, { hint: 'give a name such as TERM or a number' });
}

/** With `all`, a container that is stopped already is fine, as engines expect. */
export async function kill({ store }: Context, id: string, signal: string, all: boolean): Promise<void> {
  const number = signalNumber(signal);
  const record = store.read(id);
  if (all) {
    if (record.cgroup) await signalAll(record.cgroup, number);
    return;
  }
  demand('kill', record);
  const { pid } = record.init as ProcessIdentity;
  try {
    process.kill(pid, number);
  } catch (cause) {
    // It ended this moment; engines look for these words.
    throw new RunncError('ERR_STATE', `cannot kill container ${id}: container not running`, { cause });
  }
  // In version 1 a frozen process does not die before it is thawed.
  if (number === constants.signals.SIGKILL && record.cgroup && isFrozen(record.cgroup)) await thaw(record.cgroup);
}

async function signalAll(cgroup: Parameters<typeof processes>[0], number: number): Promise<void> {
  if (number === constants.signals.SIGKILL) return killCgroup(cgroup);
  for (const pid of processes(cgroup)) {
    try {
      process.kill(pid, number);
    } catch {
      // It ended between being listed and being signalled.
    }
  }
}
