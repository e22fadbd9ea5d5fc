/** Commands of containers of another OCI runtime, with the same arguments. That runtime keeps its states in a folder of ours. */
import { closeSync, constants, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../errors.ts';
import type { Delegate } from '../plugin.ts';
import type { ContainerRecord } from '../state/record.ts';
import { type ProcessIdentity, processStat, spawnImage, waitFor } from '../sys/process.ts';
import type { Context } from './context.ts';
import { marker } from './delegated.ts';

/** No container's name begins so. */
const folder = '~delegate';

/**
 * Has the other runtime create the container; what it takes, hooks and cgroup included, is its own. `forwarded` is the command
 * line of our own `create`.
 * @throws RunncError ERR_DELEGATE
 */
export async function createElsewhere(
  context: Context,
  { cgroup: _cgroup, hooks: _hooks, tapped: _tapped, ...record }: ContainerRecord,
  { path }: Delegate,
  { forwarded }: { readonly forwarded?: readonly string[] },
): Promise<ProcessIdentity> {
  const { id } = record;
  if (!forwarded) {
    throw new RunncError('ERR_UNSUPPORTED', `container ${id} is for ${path}, and run does not hand over`, {
      hint: 'use create and start',
    });
  }
  const held = await context.store.reserve(record);
  try {
    writeFileSync(join(held.directory, marker), path, { mode: 0o600 });
    const status = await runElsewhere(context, path, forwarded);
    if (status !== 0) {
      await runElsewhere(context, path, ['delete', '--force', id]);
      throw new RunncError('ERR_DELEGATE', `${path} could not create container ${id} (status ${status})`, {
        hint: 'what it said stands before this',
      });
    }
    const pid = initOf(context, id);
    const init = { pid, startTime: processStat(pid)?.startTime ?? 0 };
    held.save({ phase: 'created', init });
    held.release();
    return init;
  } catch (error) {
    held.remove();
    throw error;
  }
}

/** runc and crun both keep a container's first process in state.json or status; its cgroup knows it too, but that may be shared. */
function initOf(context: Context, id: string): number {
  for (const [file, key] of [
    ['state.json', 'init_process_pid'],
    ['status', 'pid'],
  ] as const) {
    try {
      const state: unknown = JSON.parse(readFileSync(join(rootOf(context), id, file), 'utf8'));
      const pid = (state as Record<string, unknown>)[key];
      if (typeof pid === 'number') return pid;
    } catch {
      // The other one's name for it.
    }
  }
  return 0;
}

/** A later command, with its own arguments. Returns its exit status. */
export async function forward(
  context: Context,
  id: string,
  path: string,
  argv: readonly string[],
  isDelete: boolean,
): Promise<number> {
  const status = await runElsewhere(context, path, argv);
  if (isDelete && (status === 0 || !existsSync(join(rootOf(context), id)))) (await context.store.hold(id)).remove();
  return status;
}

const rootOf = ({ store }: Context): string => join(store.root, folder);

async function runElsewhere(context: Context, path: string, argv: readonly string[]): Promise<number> {
  const program = openSync(path, constants.O_RDONLY);
  try {
    const args = [path, '--root', rootOf(context), ...argv];
    return await waitFor(
      await spawnImage(program, args, [
        [0, 0],
        [1, 1],
        [2, 2],
      ]),
    );
  } finally {
    closeSync(program);
  }
}
