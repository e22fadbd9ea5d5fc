/** `create`: from a bundle to a process that waits for `start`. */
import { closeSync, renameSync, writeFileSync } from 'node:fs';
import { RunncError, sentenceOf } from '../errors.ts';
import { memoryLimit } from '../linux/cgroup/index.ts';
import { guestMemory } from '../linux/memory.ts';
import { type Bundle, loadBundle } from '../oci/bundle.ts';
import { runHooks } from '../oci/run-hooks.ts';
import type { Container } from '../plugin.ts';
import { checkId } from '../state/id.ts';
import type { ContainerRecord } from '../state/record.ts';
import type { Held } from '../state/store.ts';
import type { ProcessIdentity } from '../sys/process.ts';
import { beginCgroup } from './begin-cgroup.ts';
import { blocksOf } from './blocks.ts';
import { containerOf, ociState } from './container.ts';
import type { Context } from './context.ts';
import type { CreateOptions } from './create-options.ts';
import { delegateOfOther, delegateOfSandbox } from './delegation/delegate-choice.ts';
import { type CreatedElsewhere, createElsewhere } from './delegation/delegation.ts';
import { destroy } from './destroy.ts';
import { firstRecord } from './first-record.ts';
import { type Identified, identify } from './identify.ts';
import { descriptorsOf } from './init/descriptors.ts';
import { initOptions } from './init/init-options.ts';
import { programRoot } from './init/program-root.ts';
import { type Sandbox, startSandbox } from './init/sandbox.ts';
import { noNetwork, planTape } from './launch.ts';
import { ledgerOf } from './ledger.ts';
import { type Loaded, load } from './load.ts';
import { metadataOf } from './metadata.ts';
import { writePrepared } from './prepared.ts';
import { isTapped } from './runtime/hooks.ts';

/** Creates a container; a failure undoes all of it. Returns the first process. */
export async function create(context: Context, options: CreateOptions): Promise<CreatedElsewhere> {
  checkId(options.id);
  context.store.demandFree(options.id);
  const bundle = loadBundle(options.bundle);
  checkConsole(bundle, options);
  // Asked before anything is made: most failures are about the image.
  const source = { id: options.id, bundle, directory: context.store.directory(options.id) };
  const loaded = await load(context, containerOf(source));
  const metadata = await metadataOf(loaded.runtime, containerOf(source), loaded.config);
  const container = containerOf({ ...source, metadata });
  const first = () => firstRecord(context, options, bundle, loaded, metadata);
  const sandboxes = await delegateOfSandbox(loaded.runtime, container);
  if (sandboxes) return createElsewhere(context, await first(), sandboxes, options);
  let identified: Identified;
  try {
    identified = await identify(loaded.runtime, container, loaded.config);
  } catch (error) {
    const delegate = await delegateOfOther(loaded.runtime, container, error);
    if (!delegate) throw error;
    return createElsewhere(context, await first(), delegate, options);
  }
  if (identified.unikernel.devices.some(({ kind }) => kind === 'block')) await loaded.runtime.expectImage(container);
  const attempt = async () => {
    const held = await context.store.reserve(await first());
    try {
      const init = await build(context, held, options, bundle, loaded, identified);
      held.release();
      return init;
    } catch (error) {
      await destroy(context, held, loaded.runtime).catch((leftBehind) => context.log.warn(sentenceOf(leftBehind)));
      throw error;
    }
  };
  try {
    return await attempt().catch((error: Error) => {
      if (error.name !== 'LayersChanged') throw error;
      context.log.warn(`${error.message}: it is built anew`);
      return attempt();
    });
  } finally {
    closeSync(identified.program.fd);
  }
}

function checkConsole({ spec }: Bundle, { consoleSocket, foreground }: CreateOptions): void {
  const terminal = spec.process.terminal === true;
  if (terminal && consoleSocket === undefined && !foreground) {
    throw new RunncError('ERR_CONSOLE', 'process.terminal is true and there is no --console-socket to send the terminal to');
  }
  if (!terminal && consoleSocket !== undefined) {
    throw new RunncError('ERR_CONSOLE', '--console-socket is given and process.terminal is not true');
  }
}

async function build(
  context: Context,
  held: Held,
  options: CreateOptions,
  bundle: Bundle,
  { config, runtime }: Loaded,
  identified: Identified,
): Promise<ProcessIdentity> {
  const { spec } = bundle;
  const cgroup = held.record.cgroup as NonNullable<ContainerRecord['cgroup']>;
  const { unikernel, program, tender } = identified;
  const { metadata = {} } = held.record;
  const before: Container = containerOf({ id: options.id, bundle, directory: held.directory, metadata });
  runtime.resources.attach(ledgerOf(held));
  if (isTapped(runtime.hooks.create)) await runtime.hooks.create.promise(before);
  const blocks = await blocksOf(runtime, before, unikernel, program);
  const { entries: root, devices } = programRoot(tender, identified, bundle.rootfs, blocks);
  const begun = await beginCgroup(cgroup, bundle, devices);
  try {
    await begun.ready();
    const memory = guestMemory(config.memory, memoryLimit(cgroup));
    // What depends on the network has to wait for `start`: the engine may fill the namespace only then.
    const planned = !unikernel.devices.some(({ kind }) => kind === 'net');
    const profile = spec.linux?.seccomp;
    const tape = planned
      ? await planTape(runtime, before, { identified, config, memory, blocks, network: noNetwork, profile })
      : undefined;
    if (!planned || isTapped(runtime.hooks.start))
      writePrepared(held.directory, { container: before, config, program, unikernel, profile });

    // A terminal cannot be given twice.
    if (options.consoleSocket !== undefined) await runtime.imagesChecked();
    const sandbox = await withStdio(options, bundle, async (stdio) =>
      startSandbox({
        init: await initOptions(options, bundle, held, identified, cgroup, descriptorsOf(tender, unikernel, blocks), root),
        program: program.fd,
        tender: tape,
        stdio,
      }),
    );
    try {
      await runtime.imagesChecked();
      await hooksOfCreate(held, bundle, sandbox);
      sandbox.proceed();
    } finally {
      sandbox.close();
    }
    await begun.joined();
    held.save({
      phase: 'created',
      init: sandbox.process,
      planned,
      blocks,
      unikernel: { program: program.path, name: unikernel.name, abi: unikernel.abi, tender: tender.name },
    });
    if (options.pidFile !== undefined) writePidFile(options.pidFile, sandbox.process.pid);
    if (isTapped(runtime.hooks.created)) {
      const after = containerOf({ id: options.id, bundle, directory: held.directory, pid: sandbox.process.pid, metadata });
      await runtime.hooks.created.promise(after).catch((error) => context.log.warn(sentenceOf(error)));
    }
    return sandbox.process;
  } finally {
    await begun.end();
  }
}

/** prestart, createRuntime and createContainer, between the namespaces and the root (runtime-spec, runtime.md, "Lifecycle", 3 to 5). */
async function hooksOfCreate(held: Held, { spec }: Bundle, { process: init }: Sandbox): Promise<void> {
  const { prestart, createRuntime, createContainer } = spec.hooks ?? {};
  if (!prestart && !createRuntime && !createContainer) return;
  // Hooks may ask for the state.
  held.save({ init });
  const state = ociState(held.record, 'creating');
  await runHooks('prestart', prestart, state);
  await runHooks('createRuntime', createRuntime, state);
  await runHooks('createContainer', createContainer, state, { pid: init.pid });
}

async function withStdio<Result>(
  { consoleSocket }: CreateOptions,
  { spec }: Bundle,
  use: (stdio: [number, number, number]) => Promise<Result>,
): Promise<Result> {
  if (consoleSocket === undefined) return use([0, 1, 2]);
  const { openConsole } = await import('../linux/console.ts');
  const slave = await openConsole(consoleSocket, spec.process.consoleSize);
  try {
    return await use([slave, slave, slave]);
  } finally {
    closeSync(slave);
  }
}

/** Written whole: engines read it the moment it is there. */
function writePidFile(path: string, pid: number): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, String(pid), { mode: 0o644 });
  renameSync(temporary, path);
}
