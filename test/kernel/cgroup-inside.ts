/** A cgroup for a check, and processes inside it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type CgroupPlan, type Hierarchy, killCgroup, planCgroup, removeCgroup } from '../../core/linux/cgroup/index.ts';

/** A check gets a plan of which nothing exists yet; whatever it leaves in that cgroup is killed and removed. */
export type Check = (plan: CgroupPlan) => Promise<void>;

/** Runs a check with a plan of its own and cleans up after it. */
export async function runCheck(check: Check, hierarchy: Hierarchy, name: string): Promise<void> {
  const plan = planCgroup({ cgroupsPath: `/runnc-test-${process.pid}/${name}`, id: name }, hierarchy);
  try {
    await check(plan);
  } finally {
    await killCgroup(plan);
    await removeCgroup(plan);
    for (const parent of parents(plan)) if (existsSync(parent)) rmdirSync(parent);
  }
}

const parents = (plan: CgroupPlan) => plan.directories.map(({ directory }) => dirname(directory));

/** Starts a shell that joins the cgroup, as the container's process does, and then runs `script`. */
export function spawnInside(plan: CgroupPlan, script: string): ChildProcess {
  const join = 'while [ "$1" ]; do echo 0 > "$1" || exit 9; shift; done';
  return spawn(
    '/bin/sh',
    ['-c', `${join}\n${script}`, 'sh', ...plan.directories.map(({ directory }) => `${directory}/cgroup.procs`)],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
}

/** What `script` writes inside the cgroup, with its exit status or signal at the end. */
export async function outputInside(plan: CgroupPlan, script: string): Promise<string> {
  const child = spawnInside(plan, script);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('close', (...end) => resolve(end)),
  );
  return `${output}${signal ?? status}`;
}

/** A process that is in the cgroup and stays there. */
export async function sleepInside(plan: CgroupPlan): Promise<ChildProcess> {
  const child = spawnInside(plan, 'echo ready; exec sleep 100');
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

/** The signal that ends a process. */
export const ended = (child: ChildProcess) => new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));

/** The content of a control file wherever the cgroup has it. */
export async function read(plan: CgroupPlan, file: string): Promise<string | undefined> {
  const place = plan.directories.find(({ directory }) => existsSync(`${directory}/${file}`));
  return place && readFileSync(`${place.directory}/${file}`, 'utf8').trim();
}
