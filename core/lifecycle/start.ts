/** `start`: the guest runs. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { RunncError, sentenceOf } from '../errors.ts';
import { descriptor } from '../launch/init-tape.ts';
import { readProgram } from '../launch/program.ts';
import { memoryLimit } from '../linux/cgroup/index.ts';
import { guestMemory } from '../linux/memory.ts';
import { runHooks } from '../oci/run-hooks.ts';
import type { ContainerRecord } from '../state/record.ts';
import { demand } from '../state/status.ts';
import type { Held } from '../state/store.ts';
import type { ProcessIdentity } from '../sys/process.ts';
import { containerOf, containerOfRecord, ociState } from './container.ts';
import type { Context } from './context.ts';
import { ledgerOf } from './destroy.ts';
import { releaseInit, writeTender } from './release.ts';

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
    if (record.planned !== true || wasTapped('start')) await finishPlan(context, held, init);
    await runHooks('startContainer', record.hooks?.startContainer, ociState(record, 'created'), {
      pid: init.pid,
      root: record.rootfs,
    });
    await releaseInit(init, directory);
  } catch (error) {
    try {
      process.kill(init.pid, 'SIGKILL');
    } catch {
      // It ended by itself: that is why we are here.
    }
    throw error;
  }
  // A hook that fails here is only warned about (runtime-spec, runtime.md, "Lifecycle", 9).
  await runHooks('poststart', record.hooks?.poststart, ociState(held.record, 'running')).catch((error) =>
    context.log.warn(sentenceOf(error)),
  );
  if (wasTapped('started')) {
    const { loadFor } = await import('./load.ts');
    const { hooks } = await loadFor(context, record);
    await hooks.started.promise(containerOfRecord(record, directory)).catch((error) => context.log.warn(sentenceOf(error)));
  }
}

/** The part of the launch that waits for the network: plugins are asked again, and the tape goes to init's descriptor. */
async function finishPlan(context: Context, held: Held, init: ProcessIdentity): Promise<void> {
  const { record, directory } = held;
  const [{ load }, { ask }, { planTape }, { loadBundle }] = await Promise.all([
    import('./load.ts'),
    import('./identify.ts'),
    import('./launch.ts'),
    import('../oci/bundle.ts'),
  ]);
  const { config, runtime } = await load({ ...context, config: record.config ?? context.config });
  const bundle = loadBundle(record.bundle);
  const container = containerOf({ id: record.id, bundle, directory, pid: init.pid });
  runtime.resources.attach(ledgerOf(held));
  // The file that was checked at create, whatever has become of its name since.
  const fd = openSync(`/proc/${init.pid}/fd/${descriptor.program}`, 'r');
  try {
    const program = readProgram({ path: programOf(record), fd, size: fstatSync(fd).size });
    const architecture = await runtime.architecture();
    const identified = { architecture, program, ...(await ask(runtime, container, program, architecture, config)) };
    await runtime.hooks.start.promise(container);
    if (record.planned === true) return;
    const network = await runtime.hooks.network.promise(container, identified.unikernel);
    if (!network) throw new RunncError('ERR_DEVICE', `no plugin gives ${program.path} the network devices that it declares`);
    const blocks = record.blocks ?? [];
    const memory = guestMemory(config.memory, memoryLimit(record.cgroup as NonNullable<typeof record.cgroup>));
    const profile = bundle.spec.linux?.seccomp;
    writeTender(init, directory, await planTape(runtime, container, { identified, config, memory, blocks, network, profile }));
  } finally {
    closeSync(fd);
  }
}

const programOf = ({ unikernel }: ContainerRecord): string => unikernel?.program ?? '/';
