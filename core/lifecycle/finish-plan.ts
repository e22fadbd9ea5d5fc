/** The part of a launch that has to wait for `start`: the network, and with it the tender's tape. */
import { closeSync, openSync } from 'node:fs';
import { RunncError } from '../errors.ts';
import { descriptor } from '../launch/protocol.ts';
import { memoryLimit } from '../linux/cgroup/memory.ts';
import { guestMemory } from '../linux/memory.ts';
import type { Container, Network, NetworkDevice } from '../plugin.ts';
import type { Held } from '../state/store.ts';
import type { ProcessIdentity } from '../sys/process.ts';
import type { Context } from './context.ts';
import { descriptorsOf } from './init/descriptors.ts';
import { writeTender } from './init/release.ts';
import { noNetwork, planTape } from './launch.ts';
import { ledgerOf } from './ledger.ts';
import { loadRuntime } from './load-plugins.ts';
import { type Prepared, readPrepared } from './prepared.ts';

/**
 * Goes on where `create` stopped; the tape goes to init's descriptor. Returns the labels of its ops, or nothing where `create` had
 * planned it all.
 */
export async function finishPlan(
  { log, debugLog }: Context,
  held: Held,
  init: ProcessIdentity,
): Promise<readonly string[] | undefined> {
  const { record, directory } = held;
  const prepared = readPrepared(directory);
  const { config, unikernel, profile } = prepared;
  const container: Container = { ...prepared.container, pid: init.pid, netns: `/proc/${init.pid}/ns/net` };
  const runtime = await loadRuntime(config, config.debug ? debugLog : log);
  runtime.resources.attach(ledgerOf(held));
  await runtime.hooks.start.promise(container);
  if (record.planned === true) return undefined;
  // The file that was looked at by `create`, whatever has become of its name since.
  const fd = openSync(`/proc/${init.pid}/fd/${descriptor.program}`, 'r');
  try {
    const program = { ...prepared.program, fd };
    const architecture = await runtime.architecture();
    const tender = await runtime.hooks.tender.promise(program, unikernel, architecture);
    if (!tender) throw new RunncError('ERR_NO_TENDER', `no plugin starts ${program.path} any more`);
    const answer = (await runtime.hooks.network.promise(container, unikernel)) ?? withoutNetwork(prepared);
    const network = tender.takesTaps ? answer : withoutTaps(answer);
    const blocks = record.blocks ?? [];
    const memory = guestMemory(config.memory, memoryLimit(record.cgroup as NonNullable<typeof record.cgroup>));
    const identified = { architecture, program, unikernel, tender };
    const tape = await planTape(runtime, container, { identified, config, memory, blocks, network, profile });
    writeTender(init, tape);
    const files = network.devices.flatMap(({ file }) => file ?? []);
    const { mailbox } = descriptorsOf(tender, unikernel, blocks);
    if (mailbox && files.length > 0) await (await import('./hand-over.ts')).handOver(init, mailbox, files);
    return tape.labels;
  } finally {
    closeSync(fd);
  }
}

/** Taps are open already, and to be attached by their names. */
function withoutTaps({ devices, ...network }: Network): Network {
  const closed = devices.map(({ file, attached, ...device }): NetworkDevice => {
    if (attached && file !== undefined) closeSync(file);
    return attached || file === undefined ? device : { ...device, file };
  });
  return { ...network, devices: closed };
}

function withoutNetwork({ program, unikernel }: Prepared) {
  if (unikernel.devices.some(({ kind, optional }) => kind === 'net' && !optional))
    throw new RunncError('ERR_DEVICE', `no plugin gives ${program.path} the network devices that it declares`);
  return noNetwork;
}
