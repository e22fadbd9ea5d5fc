/** `sync`: what a guest has written so far is carried to the host, while it stands still. */
import { freeze, isFrozen, thaw } from '../linux/cgroup/index.ts';
import { demand } from '../state/status.ts';
import { containerOfRecord } from './container.ts';
import type { Context } from './context.ts';

/**
 * The guest is paused for it, unless it is already. A command that is killed meanwhile leaves it paused: `resume` lets it go on.
 * @throws RunncError ERR_NO_CONTAINER, ERR_STATE, ERR_CGROUP, and what the plugins throw
 */
export async function sync(context: Context, id: string): Promise<void> {
  const held = await context.store.hold(id);
  try {
    const { record, directory } = held;
    const status = demand('sync', record);
    const { loadFor, unmarked } = await import('./load.ts');
    const { runtime } = await loadFor(context, record, unmarked);
    const { cgroup } = record;
    const pauses = status !== 'stopped' && cgroup !== undefined && !isFrozen(cgroup);
    if (pauses) await freeze(cgroup);
    try {
      await runtime.hooks.sync.promise(containerOfRecord(record, directory));
    } finally {
      if (pauses) await thaw(cgroup);
    }
  } finally {
    held.release();
  }
}
