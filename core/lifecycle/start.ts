/** `start`: the guest runs. */
import { sentenceOf } from '../errors.ts';
import { runHooks } from '../oci/run-hooks.ts';
import { demand } from '../state/status.ts';
import type { Held } from '../state/store.ts';
import { type ProcessIdentity, processStat } from '../sys/process.ts';
import { sleep } from '../sys/sleep.ts';
import { containerOfRecord, ociState } from './container.ts';
import type { Context } from './context.ts';
import { releaseInit } from './init/release.ts';

/** Starts a created container. A failure ends its process and leaves it stopped. */
export async function start(context: Context, id: string): Promise<void> {
  const held = await context.store.hold(id);
  try {
    await startHeld(context, held);
  } finally {
    held.release();
  }
}

async function startHeld(context: Context, held: Held): Promise<void> {
  const { record, directory } = held;
  demand('start', record);
  const init = record.init as ProcessIdentity;
  const wasTapped = (name: string) => record.tapped?.includes(name) === true;
  try {
    let labels: readonly string[] | undefined;
    if (record.planned !== true || wasTapped('start')) {
      const { finishPlan } = await import('./finish-plan.ts');
      labels = await finishPlan(context, held, init);
    }
    await runHooks('startContainer', record.hooks?.startContainer, ociState(record, 'created'), {
      pid: init.pid,
      root: record.rootfs,
    });
    await releaseInit(init, directory, labels);
  } catch (error) {
    await end(init);
    throw error;
  }
  // A hook that fails here is only warned about (runtime-spec, runtime.md, "Lifecycle", 9).
  await runHooks('poststart', record.hooks?.poststart, ociState(held.record, 'running')).catch((error) =>
    context.log.warn(sentenceOf(error)),
  );
  if (wasTapped('started')) {
    const { loadFor } = await import('./load.ts');
    const container = containerOfRecord(held.record, directory);
    const { runtime } = await loadFor(context, record, container);
    await runtime.hooks.started.promise(container).catch((error) => context.log.warn(sentenceOf(error)));
  }
}

/** For how long its parent may leave it unreaped, in milliseconds. */
const reapPatience = 500;

/**
 * Ends init, and gives its parent the time to take notice: an engine that is told of the failure first finds a container that has
 * not stopped, which it will not delete.
 */
async function end({ pid, startTime }: ProcessIdentity): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself: that is why we are here.
  }
  for (
    const patience = performance.now() + reapPatience;
    processStat(pid)?.startTime === startTime && performance.now() < patience;
  ) {
    await sleep(2);
  }
}
