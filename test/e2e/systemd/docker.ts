/** dockerd in a machine with systemd, with the cgroup driver that it has there unless told otherwise. No networks. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { type Docker, dockerAt } from '../engine/docker.ts';
import { findPrograms } from '../engine/programs.ts';
import { containerdSettings, containerdSocket, daemonSettings } from '../engine/settings.ts';
import { until } from '../engine/until.ts';
import type { Machine } from './machine.ts';

export async function startDocker(machine: Machine, runnc: string): Promise<Docker> {
  const { folder } = machine;
  const programs = findPrograms();
  const socket = path.join(folder, 'docker.sock');
  const file = (name: string) => path.join(folder, name);
  mkdirSync(file('client'));
  writeFileSync(file('containerd.toml'), containerdSettings(folder));
  const { stdout: version } = await execa(programs.dockerd, ['--version']);
  const { 'cgroup-parent': _, ...settings } = daemonSettings({
    ...{ folder, socket, cgroupParent: '', iptables: false, version },
    runtimes: { runnc: { path: runnc } },
  }) as Record<string, unknown>;
  const driver = { 'exec-opts': ['native.cgroupdriver=systemd'], bridge: 'none' };
  writeFileSync(file('daemon.json'), JSON.stringify({ ...settings, ...driver }));
  const start = (name: string, command: readonly string[]) => {
    const log = openSync(file(`${name}.log`), 'w');
    const [program, ...args] = machine.inside(command);
    const child = spawn(program, args, { stdio: ['ignore', log, log], cwd: folder });
    closeSync(log);
    return () => {
      if (child.exitCode !== null) throw new Error(`${name} ended:\n${readFileSync(file(`${name}.log`), 'utf8').slice(-3000)}`);
    };
  };
  const containerd = start('containerd', [programs.containerd, '--config', file('containerd.toml')]);
  await until('containerd listens', 60_000, () => {
    containerd();
    return existsSync(containerdSocket(folder));
  });
  const dockerd = start('dockerd', [programs.dockerd, '--config-file', file('daemon.json')]);
  const docker = dockerAt({ folder, socket, network: '', programs });
  await until('dockerd answers', 60_000, async () => {
    dockerd();
    return (await docker.docker('version')).status === 0;
  });
  return docker;
}
