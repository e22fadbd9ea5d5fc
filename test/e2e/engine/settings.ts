/** The configuration files of an engine's containerd and dockerd. */
import path from 'node:path';
import { storageDriver } from './folder.ts';

/** A runtime as daemon.json has it. */
export interface Runtime {
  readonly path: string;
  readonly args?: readonly string[];
}

/** What /etc/containerd/config.toml would be: everything in `folder`, and nothing that only Kubernetes needs. */
export function containerdSettings(folder: string): string {
  return `version = 2
root = ${JSON.stringify(path.join(folder, 'containerd'))}
state = ${JSON.stringify(path.join(folder, 'containerd-state'))}
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = ${JSON.stringify(containerdSocket(folder))}
`;
}

export interface DaemonSettings {
  readonly folder: string;
  readonly socket: string;
  readonly cgroupParent: string;
  readonly runtimes: Readonly<Record<string, Runtime>>;
  /** Without firewall rules published ports and the way out do not work; containers still reach each other. */
  readonly iptables: boolean;
  /** What `dockerd --version` says. */
  readonly version: string;
}

/** What /etc/docker/daemon.json would be. */
export function daemonSettings({ folder, socket, cgroupParent, runtimes, iptables, version }: DaemonSettings): object {
  const major = Number(/(\d+)\./.exec(version)?.[1] ?? 0);
  return {
    // Older ones write an identity to /etc/docker/key.json where they are not told another place.
    ...(major < 24 ? { 'deprecated-key-path': path.join(folder, 'key.json') } : {}),
    hosts: [`unix://${socket}`],
    containerd: containerdSocket(folder),
    'data-root': path.join(folder, 'docker'),
    'exec-root': path.join(folder, 'docker-exec'),
    pidfile: path.join(folder, 'docker.pid'),
    'storage-driver': storageDriver(folder),
    'cgroup-parent': cgroupParent,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    iptables,
    'ip-masq': iptables,
    features: { 'containerd-snapshotter': false },
    runtimes: Object.fromEntries(
      Object.entries(runtimes).map(([name, { path: program, args = [] }]) => [
        name,
        args.length === 0 ? { path: program } : { path: program, runtimeArgs: args },
      ]),
    ),
  };
}

export function containerdSocket(folder: string): string {
  return path.join(folder, 'containerd.sock');
}
