/** Gives everything back that a container has: the one path for `delete`, `delete --force` and a failed `create`. */
import { RunncError, sentenceOf } from '../errors.ts';
import { killCgroup, removeCgroup } from '../linux/cgroup/index.ts';
import { runHooks } from '../oci/run-hooks.ts';
import type { ContainerRecord } from '../state/record.ts';
import type { Held } from '../state/store.ts';
import { isAlive } from '../sys/process.ts';
import { containerOfRecord, ociState } from './container.ts';
import type { Context } from './context.ts';
import { ledgerOf } from './ledger.ts';
import type { Runtime } from './runtime/runtime.ts';

const killPatience = 5000;

/**
 * Ends what runs, gives resources back, removes the cgroup, runs the poststop hooks, removes the folder. Each step is tried even if
 * another failed; the folder stays when something is left that a later `delete` has to give back.
 * @throws RunncError ERR_LEFT_BEHIND
 */
export async function destroy(context: Context, held: Held, runtime?: Runtime): Promise<void> {
  const { record } = held;
  const { log } = context;
  const failures: string[] = [];
  const attempt = async (step: () => Promise<void>) => {
    try {
      await step();
    } catch (error) {
      failures.push(sentenceOf(error));
    }
  };
  await attempt(() => endProcesses(record));
  const taps = (name: string) => record.tapped?.includes(name) === true;
  if (record.resources.length > 0 || ['delete', 'stopped', 'deleted'].some(taps)) {
    await attempt(() => withPlugins(context, held, runtime));
  }
  const { cgroup } = record;
  const unit = cgroup?.unit;
  if (unit) await attempt(async () => (await import('../linux/cgroup/systemd/index.ts')).stopUnit(unit));
  if (cgroup) await attempt(() => removeCgroup(cgroup));
  // A hook that fails at this point keeps nothing from being removed (runtime-spec, runtime.md, "Lifecycle", 13).
  await runHooks('poststop', record.hooks?.poststop, ociState(record, 'stopped')).catch((error) => log.warn(sentenceOf(error)));
  if (failures.length > 0) {
    held.release();
    throw new RunncError('ERR_LEFT_BEHIND', `container ${record.id} is not wholly removed: ${failures.join('; ')}`, {
      hint: `mend the cause and run runnc delete --force ${record.id}`,
    });
  }
  held.remove();
}

async function endProcesses({ init, cgroup }: ContainerRecord): Promise<void> {
  if (init && isAlive(init)) {
    try {
      process.kill(init.pid, 'SIGKILL');
    } catch {
      // It ended this moment.
    }
  }
  if (cgroup) await killCgroup(cgroup, killPatience);
}

async function load(context: Context, record: ContainerRecord): Promise<Runtime> {
  const { loadFor, unmarked } = await import('./load.ts');
  return (await loadFor(context, record, unmarked)).runtime;
}

async function withPlugins(context: Context, held: Held, known: Runtime | undefined): Promise<void> {
  const container = containerOfRecord(held.record, held.directory);
  const runtime = known ?? (await load(context, held.record));
  const ledger = ledgerOf(held);
  runtime.resources.attach(ledger);
  const tell = async (name: 'stopped' | 'deleted') => {
    await runtime.hooks[name].promise(container).catch((error) => context.log.warn(sentenceOf(error)));
  };
  await tell('stopped');
  await runtime.hooks.delete.promise(container).catch((error) => context.log.warn(sentenceOf(error)));
  await runtime.resources.releaseAll(container, ledger);
  await tell('deleted');
}
