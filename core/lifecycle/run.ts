/** `run`: create, start and, unless detached, wait and delete. */
import { sentenceOf } from '../errors.ts';
import { waitFor } from '../sys/process.ts';
import type { Context } from './context.ts';
import { create } from './create.ts';
import type { CreateOptions } from './create-options.ts';
import { deleteContainer } from './delete.ts';
import { start } from './start.ts';

export interface RunOptions extends Omit<CreateOptions, 'foreground' | 'run'> {
  readonly detach: boolean;
  /** Keep the container after it has stopped. */
  readonly keep: boolean;
}

/** Signals that go on to the container while `run` waits for it. */
const forwardedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** Returns the container's exit status; 0 when detached. */
export async function run(context: Context, { detach, keep, ...options }: RunOptions): Promise<number> {
  let pid: number | undefined;
  const forward = (signal: NodeJS.Signals) => {
    try {
      if (pid !== undefined) process.kill(pid, signal);
    } catch {
      // It ended this moment.
    }
  };
  for (const signal of detach ? [] : forwardedSignals) process.on(signal, forward);
  const init = await create(context, { ...options, foreground: !detach, run: { stays: detach || keep } });
  if (init.ended !== undefined) return init.ended;
  pid = init.pid;
  try {
    await start(context, options.id);
    if (detach) return 0;
    const status = await waitFor(pid);
    if (!keep) await deleteContainer(context, options.id, true);
    return status;
  } catch (error) {
    await deleteContainer(context, options.id, true).catch((leftBehind) => context.log.warn(sentenceOf(leftBehind)));
    throw error;
  } finally {
    for (const signal of forwardedSignals) process.off(signal, forward);
  }
}
