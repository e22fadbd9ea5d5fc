/**
 * A Docker of our own for the tests: containerd and dockerd with all of their files in one folder and in a network namespace
 * of their own, so that a Docker which already runs here (its bridge, its iptables chains, its images) is not touched,
 * and nothing is left when they have stopped.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { makeEngineCgroup, processesIn, removeCgroups } from './cgroups.ts';
import { type Docker, dockerAt } from './docker.ts';
import { abandonedFolders, makeFolder, removeFolder } from './folder.ts';
import { hasIptables, inNetwork, makeNetwork } from './network.ts';
import { commandLine, endProcesses, startService } from './processes.ts';
import { findPrograms, type Programs } from './programs.ts';
import { containerdSettings, containerdSocket, daemonSettings, type Runtime } from './settings.ts';
import { until } from './until.ts';

export interface EngineOptions {
  /** Runtimes by the name in `docker run --runtime=NAME`; the default stays the engine's own runc. */
  readonly runtimes: Readonly<Record<string, Runtime>>;
  /** Other programs than those found in PATH: another version of Docker. */
  readonly programs?: Partial<Programs>;
}

/** Where an engine is: plain data, which can be handed to the test files. */
export interface EngineAddress {
  readonly folder: string;
  readonly socket: string;
  /** Path of its network namespace, for `nsenter --net=`. */
  readonly network: string;
  /** The cgroup above those of its containers: a path from the top of each hierarchy. */
  readonly cgroupParent: string;
  readonly programs: Programs;
  readonly dockerdPid: number;
}

export interface Engine extends Docker {
  readonly address: EngineAddress;
  /** Ends all that it started and gives back all that it took. */
  stop(): Promise<void>;
}

/** Starts containerd and dockerd, and waits until they answer. Engines of tests that were killed are ended first. */
export async function startEngine({ runtimes, programs: given }: EngineOptions): Promise<Engine> {
  const programs = { ...findPrograms(), ...given };
  for (const folder of abandonedFolders()) await tearDown(folder);
  const folder = makeFolder();
  try {
    const address = await bringUp(folder, programs, runtimes);
    return { address, ...dockerAt(address), stop: () => stopEngine(address) };
  } catch (error) {
    await tearDown(folder);
    throw error;
  }
}

async function bringUp(folder: string, programs: Programs, runtimes: EngineOptions['runtimes']): Promise<EngineAddress> {
  const name = path.basename(folder);
  const file = (suffix: string) => path.join(folder, suffix);
  const socket = file('docker.sock');
  const cgroupParent = `/${name}`;
  mkdirSync(file('client'));
  const cgroup = makeEngineCgroup(name);
  const network = await makeNetwork(folder);

  writeFileSync(file('containerd.toml'), containerdSettings(folder));
  const containerd = startService({
    name: 'containerd',
    folder,
    cgroup,
    command: inNetwork(network, [programs.containerd, '--config', file('containerd.toml')]),
  });
  await until('containerd listens', 60_000, () => {
    containerd.mustRun();
    return existsSync(containerdSocket(folder));
  });

  const [iptables, { stdout: version }] = await Promise.all([hasIptables(network), execa(programs.dockerd, ['--version'])]);
  const settings = daemonSettings({ folder, socket, cgroupParent, runtimes, iptables, version });
  writeFileSync(file('daemon.json'), JSON.stringify(settings, undefined, 2));
  const dockerd = startService({
    name: 'dockerd',
    folder,
    cgroup,
    command: inNetwork(network, [programs.dockerd, '--config-file', file('daemon.json')]),
  });
  const address = { folder, socket, network, cgroupParent, programs, dockerdPid: dockerd.pid };
  await until('dockerd answers', 60_000, async () => {
    dockerd.mustRun();
    return (await dockerAt(address).docker('version')).status === 0;
  });
  return address;
}

/** Ends an engine by its address; containers first, as a person would, but without waiting for a Docker that hangs. */
export async function stopEngine(address: EngineAddress): Promise<void> {
  await Promise.race([removeContainers(dockerAt(address)), sleep(30_000, undefined, { ref: false })]);
  await tearDown(address.folder);
}

async function removeContainers({ docker }: Docker): Promise<void> {
  const containers = (await docker('ps', '--all', '--quiet')).stdout.split('\n').filter((id) => id !== '');
  if (containers.length > 0) await docker('rm', '--force', ...containers);
}

/** Ends and removes what belongs to `folder`, in whatever state it is. */
async function tearDown(folder: string): Promise<void> {
  const name = path.basename(folder);
  // dockerd first, which sees to its containers and needs containerd for it. Shims and containers outlive both.
  const running = (program: string) => processesIn(name).filter((pid) => path.basename(commandLine(pid)[0] ?? '') === program);
  for (const program of ['dockerd', 'containerd']) await endProcesses(running(program), 20_000);
  await endProcesses(processesIn(name), 1_000);
  await removeCgroups(name);
  await removeFolder(folder);
}
