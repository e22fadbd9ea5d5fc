/** The part of a launch that has to wait for `start`: the network, and with it the tender's tape. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { RunncError } from '../errors.ts';
import { readProgram } from '../launch/program.ts';
import { descriptor } from '../launch/protocol.ts';
import { memoryLimit } from '../linux/cgroup/index.ts';
import { guestMemory } from '../linux/memory.ts';
import { loadBundle } from '../oci/bundle.ts';
import type { ContainerRecord } from '../state/record.ts';
import type { Held } from '../state/store.ts';
import type { ProcessIdentity } from '../sys/process.ts';
import { containerOf } from './container.ts';
import type { Context } from './context.ts';
import { ledgerOf } from './destroy.ts';
import { ask } from './identify.ts';
import { descriptorsOf } from './init/descriptors.ts';
import { writeTender } from './init/release.ts';
import { noNetwork, planTape } from './launch.ts';
import { loadFor } from './load.ts';

/** Plugins are asked again, and the tape goes to init's descriptor. */
export async function finishPlan(context: Context, held: Held, init: ProcessIdentity): Promise<void> {
  const { record, directory } = held;
  const bundle = loadBundle(record.bundle);
  const container = containerOf({ id: record.id, bundle, directory, pid: init.pid, metadata: record.metadata ?? {} });
  const { config, runtime } = await loadFor(context, record, container);
  runtime.resources.attach(ledgerOf(held));
  // The file that was checked at create, whatever has become of its name since.
  const fd = openSync(`/proc/${init.pid}/fd/${descriptor.program}`, 'r');
  try {
    const program = readProgram({ path: programOf(record), fd, size: fstatSync(fd).size });
    const architecture = await runtime.architecture();
    const identified = { architecture, program, ...(await ask(runtime, container, program, architecture, config)) };
    await runtime.hooks.start.promise(container);
    if (record.planned === true) return;
    const found = await runtime.hooks.network.promise(container, identified.unikernel);
    if (!found && identified.unikernel.devices.some(({ kind, optional }) => kind === 'net' && !optional))
      throw new RunncError('ERR_DEVICE', `no plugin gives ${program.path} the network devices that it declares`);
    const network = found ?? noNetwork;
    const blocks = record.blocks ?? [];
    const memory = guestMemory(config.memory, memoryLimit(record.cgroup as NonNullable<typeof record.cgroup>));
    const profile = bundle.spec.linux?.seccomp;
    writeTender(init, directory, await planTape(runtime, container, { identified, config, memory, blocks, network, profile }));
    const files = network.devices.flatMap(({ file }) => file ?? []);
    const { mailbox } = descriptorsOf(identified.tender, identified.unikernel, blocks);
    if (mailbox && files.length > 0) await (await import('./hand-over.ts')).handOver(init, mailbox, files);
  } finally {
    closeSync(fd);
  }
}

const programOf = ({ unikernel }: ContainerRecord): string => unikernel?.program ?? '/';
