/**
 * Containers of another OCI runtime: which these are, and their commands with the same arguments. That runtime keeps its states
 * in a folder of ours; a file in the container's own folder says that it is one of them.
 */
import { closeSync, constants, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../errors.ts';
import type { Container, Delegate } from '../plugin.ts';
import type { ContainerRecord } from '../state/record.ts';
import type { Store } from '../state/store.ts';
import { type ProcessIdentity, processStat, spawnImage, waitFor } from '../sys/process.ts';
import type { Context } from './context.ts';
import { isTapped } from './hooks.ts';
import type { Runtime } from './runtime.ts';

const marker = 'delegate';
/** No container's name begins so. */
const folder = '~delegate';

/** Annotations by which a container is the one that holds a pod's namespaces (containerd pkg/cri/annotations; CRI-O pkg/annotations). */
const sandboxAnnotations = ['io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType'];

/** Who takes a pod's sandbox: known by its annotation or, with engines that have none, by the pause program's arguments. */
export async function delegateOfSandbox(runtime: Runtime, container: Container): Promise<Delegate | undefined> {
  const { args, annotations } = container;
  const isSandbox =
    sandboxAnnotations.some((name) => annotations[name] === 'sandbox') || (args.length === 1 && args[0] === '/pause');
  return isSandbox && isTapped(runtime.hooks.delegate) ? runtime.hooks.delegate.promise(container, 'sandbox') : undefined;
}

/** Who takes a container whose program was refused with this error, because it is no unikernel. */
export async function delegateOfOther(runtime: Runtime, container: Container, error: unknown): Promise<Delegate | undefined> {
  const isOther = error instanceof RunncError && ['ERR_NOT_A_UNIKERNEL', 'ERR_ELF'].includes(error.code);
  return isOther && isTapped(runtime.hooks.delegate) ? runtime.hooks.delegate.promise(container, 'no unikernel') : undefined;
}

/** Path of the runtime that has the container, or undefined if it is ours. Costs one system call for ours. */
export function delegateOf(store: Store, id: string): string | undefined {
  const file = join(store.directory(id), marker);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

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
