/** `delete`: gives everything back. */
import { RunncError } from '../errors.ts';
import { demand, statusOf } from '../state/status.ts';
import type { Held } from '../state/store.ts';
import type { Context } from './context.ts';
import { destroy } from './destroy.ts';

/**
 * Deletes a stopped or created container; with `force` any, also one that was never wholly made, and one that does not exist.
 * @throws RunncError ERR_NO_CONTAINER, ERR_STATE, ERR_LEFT_BEHIND
 */
export async function deleteContainer(context: Context, id: string, force: boolean): Promise<void> {
  const { store } = context;
  if (force) store.removeDrafts(id);
  let held: Held;
  try {
    held = await store.hold(id);
  } catch (error) {
    if (force && error instanceof RunncError && error.code === 'ERR_NO_CONTAINER') return;
    throw error;
  }
  try {
    if (!force) demandStopped(held);
    await destroy(context, held);
  } finally {
    held.release();
  }
}

function demandStopped({ record }: Held): void {
  const status = statusOf(record);
  if (status === 'running' || status === 'creating') {
    throw new RunncError('ERR_STATE', `cannot delete container ${record.id} that is not stopped: ${status}`, {
      hint: 'stop it first, or use --force',
    });
  }
  demand('delete', record);
}
