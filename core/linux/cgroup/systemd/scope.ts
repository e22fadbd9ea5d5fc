/**
 * Has systemd make a container's scope. A scope needs a living process from the start and is dropped when it is empty, so that
 * a holder is in it until the container's first process is: systemd-run asks for the scope with itself in it, waits for
 * systemd's job and becomes cat(1), which hands back the byte that lies in its input. When this process ends, in whatever way, the
 * input does, and with it cat and the scope.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { RunncError } from '../../../errors.ts';
import { contentOf, memoryFile, pipe } from '../../../sys/files.ts';
import { libc } from '../../../sys/libc.ts';
import { readableWithin } from '../../../sys/poll.ts';
import { reap, spawnImage } from '../../../sys/process.ts';
import type { CgroupPlan, SystemdUnit } from '../plan.ts';
import { processesIn } from '../processes.ts';
import { tryRemove } from '../remove.ts';
import { forgetFailed, isLoaded, systemdProgram, whereIs } from './programs.ts';
import { type Property, scopeProperties } from './properties.ts';
import { withoutUnknown } from './unit.ts';

/** For how long systemd may take for its job, in milliseconds. */
const patience = 30_000;

export interface Holder {
  /**
   * Returns when the scope is there, with the holder in it.
   * @throws RunncError ERR_CGROUP with what systemd said
   */
  ready(): Promise<void>;
  /** Ends the holder, if it goes on. */
  end(): Promise<void>;
}

/** Asks for the scope and does not wait for it. The last of two properties with one name counts. */
export async function startScope(plan: CgroupPlan, unit: SystemdUnit, properties: readonly Property[]): Promise<Holder> {
  // Of a container that had the name before: what is there from now on is systemd's.
  for (const { directory } of plan.directories) tryRemove(directory);
  let asked = [...scopeProperties(plan), ...properties];
  let holder = await startHolder(unit, plan.id, asked);
  const next = async (): Promise<void> => {
    const said = await holder.answer();
    if (said === undefined) return;
    await holder.end();
    const left = withoutUnknown(asked, said);
    if (left) asked = [...left];
    else if (
      !/\bwas already loaded\b|\balready exists\b/.test(said) ||
      !(isLoaded(unit.name) && (await forgetFailed(unit.name)))
    ) {
      throw new RunncError('ERR_CGROUP', `systemd did not start ${unit.name} for container ${plan.id}: ${lastLine(said)}`, {
        hint: `see systemctl status ${unit.name}, and the log of systemd (journalctl -b)`,
      });
    }
    holder = await startHolder(unit, plan.id, asked);
    return next();
  };
  return {
    async ready() {
      await next();
      requireItsPlace(plan, unit, holder.pid);
    },
    end: () => holder.end(),
  };
}

/** systemd may see other cgroups than this process does: one of the two is in a container. */
function requireItsPlace({ id, directories }: CgroupPlan, { name }: SystemdUnit, pid: number): void {
  const own = directories.filter(({ version, controllers }) => version === 2 || controllers.includes('name=systemd'));
  if (own.length === 0 || own.some(({ directory }) => processesIn(directory).includes(pid))) return;
  throw new RunncError('ERR_CGROUP', `systemd has started ${name} for container ${id}, but not at ${own[0]?.directory}`, {
    hint: 'runnc has to run where systemd does, outside of containers',
  });
}

async function startHolder({ name, slice }: SystemdUnit, id: string, properties: readonly Property[]) {
  const program = systemdProgram('systemd-run');
  const cat = whereIs('cat');
  if (cat === undefined) throw new RunncError('ERR_CGROUP', '--systemd-cgroup is given, and cat is not installed');
  const [input, output] = [await pipe(), await pipe()];
  const readable = await memoryFile('systemd-run', new Uint8Array(0));
  const errors = openSync(`/proc/self/fd/${readable}`, 'r+');
  const given = [input.read, output.write, errors];
  const kept = [input.write, output.read, readable];
  let pid: number;
  try {
    writeSync(input.write, '.');
    pid = await spawnImage(
      program,
      [
        ...[program, '--scope', '--quiet', '--collect', '--no-ask-password', `--unit=${name}`, `--slice=${slice}`],
        ...[`--description=runnc container ${id}`, ...properties.map((property) => `--property=${property}`), '--', cat],
      ],
      given.map((fd, index) => [index, fd] as const),
      ['LC_ALL=C', 'SYSTEMD_COLORS=0', 'SYSTEMD_LOG_TARGET=console'],
    );
  } catch (error) {
    for (const fd of kept) closeSync(fd);
    throw error;
  } finally {
    for (const fd of given) closeSync(fd);
  }
  let isThere = true;
  return {
    pid,
    /** Undefined when the scope is there, else what was said. */
    async answer(): Promise<string | undefined> {
      if (!readableWithin(await libc(), `waiting for systemd to start ${name}`, output.read, patience))
        return `it was not done within ${patience / 1000} s`;
      if (readSync(output.read, Buffer.alloc(1)) === 1) return undefined;
      return contentOf(readable).toString('utf8') || 'systemd-run ended without a word';
    },
    async end(): Promise<void> {
      if (!isThere) return;
      isThere = false;
      process.kill(pid, 'SIGKILL');
      await reap(pid);
      for (const fd of kept) closeSync(fd);
    },
  };
}

const lastLine = (said: string): string => said.trim().split('\n').at(-1) ?? '';
