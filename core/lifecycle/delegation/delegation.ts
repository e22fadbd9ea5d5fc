/** Commands of containers of another OCI runtime, with the same arguments. That runtime keeps its states in a folder of ours. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../../errors.ts';
import type { Delegate } from '../../plugin.ts';
import { type ContainerRecord, execFifo } from '../../state/record.ts';
import type { Held } from '../../state/store.ts';
import { type ProcessIdentity, processStat } from '../../sys/process.ts';
import type { Context } from '../context.ts';
import type { CreateOptions } from '../create-options.ts';
import { marker } from './delegated.ts';
import { lastWords, runElsewhere } from './other-runtime.ts';

/** No container's name begins so. */
const folder = '~delegate';

/** `ended`: the status of a `run` that is over. */
export type CreatedElsewhere = ProcessIdentity & { readonly ended?: number };

/**
 * Has the other runtime create the container; what it takes, hooks and cgroup included, is its own. `forwarded` is the command
 * line of our own `create` or `run`.
 * @throws RunncError ERR_DELEGATE
 */
export async function createElsewhere(
  context: Context,
  { cgroup: _cgroup, hooks: _hooks, tapped: _tapped, ...record }: ContainerRecord,
  { path }: Delegate,
  { forwarded = [], run }: Pick<CreateOptions, 'forwarded' | 'run'>,
): Promise<CreatedElsewhere> {
  const { id } = record;
  const held = await context.store.reserve(record);
  try {
    writeFileSync(join(held.directory, marker), path, { mode: 0o600 });
    if (run) return await runWhole(context, held, path, forwarded, run.stays);
    const said = lastWords(forwarded);
    const status = await runElsewhere(rootOf(context), path, forwarded);
    if (status !== 0) {
      await runElsewhere(rootOf(context), path, ['delete', '--force', id]);
      // The engine shows the last line of the log, so it repeats what the other runtime said there.
      const why = said();
      throw new RunncError(
        'ERR_DELEGATE',
        `${path} could not create container ${id}: ${why ?? `it ended with status ${status}, and what it said stands before this`}`,
      );
    }
    const init = initOf(context, id);
    // There until `start`, as for containers of our own.
    writeFileSync(join(held.directory, execFifo), '', { mode: 0o600 });
    held.save({ phase: 'created', init });
    held.release();
    return init;
  } catch (error) {
    held.remove();
    throw error;
  }
}

/** Other commands can reach the container meanwhile. */
async function runWhole(context: Context, held: Held, path: string, argv: readonly string[], stays: boolean) {
  const { id } = held.record;
  held.release();
  const ended = await runElsewhere(rootOf(context), path, argv);
  const again = await context.store.hold(id);
  const there = existsSync(join(rootOf(context), id));
  if (stays && there) {
    again.save({ phase: 'created', init: initOf(context, id) });
    again.release();
  } else again.remove();
  return { pid: 0, startTime: 0, ended };
}

/** runc and crun both keep a container's first process in state.json or status; its cgroup knows it too, but that may be shared. */
function initOf(context: Context, id: string): ProcessIdentity {
  for (const [file, key] of [
    ['state.json', 'init_process_pid'],
    ['status', 'pid'],
  ] as const) {
    try {
      const state: unknown = JSON.parse(readFileSync(join(rootOf(context), id, file), 'utf8'));
      const pid = (state as Record<string, unknown>)[key];
      if (typeof pid === 'number') return { pid, startTime: processStat(pid)?.startTime ?? 0 };
    } catch {
      // The other one's name for it.
    }
  }
  return { pid: 0, startTime: 0 };
}

/** A later command, with its own arguments. Returns its exit status. */
export async function forward(
  context: Context,
  id: string,
  path: string,
  { command, argv }: { readonly command: string; readonly argv: readonly string[] },
): Promise<number> {
  const status = await runElsewhere(rootOf(context), path, argv);
  if (command === 'start' && status === 0) rmSync(join(context.store.directory(id), execFifo), { force: true });
  if (command === 'delete' && (status === 0 || !existsSync(join(rootOf(context), id)))) (await context.store.hold(id)).remove();
  return status;
}

const rootOf = ({ store }: Context): string => join(store.root, folder);
