/** Podman with all of its files in a folder of the test's. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inject } from 'vitest';
import type { Ended, Workplace } from './workplace.ts';

export interface PodmanOptions {
  /** The file of a network namespace to be in; Podman's networks are made there. */
  readonly netns?: string;
  /** A process whose mount namespace to be in. */
  readonly mountsOf?: number;
  /** Its storage driver; vfs unless told, which lies on any file system. */
  readonly storage?: 'vfs' | 'overlay';
  /** Networks by name, as CNI configuration lists; or those that `podman network create` makes. */
  readonly networks?: Readonly<Record<string, object>> | 'netavark';
}

/** A function that runs podman with these arguments, with runnc as its runtime. */
export function podmanAt(
  place: Workplace,
  { netns, storage = 'vfs', mountsOf, networks = {} }: PodmanOptions = {},
): (...args: string[]) => Promise<Ended> {
  const { folder, root } = place;
  const settings = path.join(folder, 'containers.conf');
  const configurations = path.join(folder, 'networks');
  mkdirSync(configurations, { recursive: true });
  for (const [name, plugins] of Object.entries(networks === 'netavark' ? {} : networks)) {
    writeFileSync(path.join(configurations, `${name}.conflist`), JSON.stringify({ cniVersion: '0.4.0', name, plugins }));
  }
  const backend = networks === 'netavark' ? 'netavark' : 'cni';
  writeFileSync(
    settings,
    `[engine]\nlock_type = "file"\nruntime_supports_json = ["runnc"]\n[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n` +
      (Object.keys(networks).length === 0
        ? ''
        : `[network]\nnetwork_backend = "${backend}"\nnetwork_config_dir = "${configurations}"\ncni_plugin_dirs = ["/usr/lib/cni"]\n`),
  );
  // As the runtime, since `podman rm` forgets --runtime-flag.
  const wrapper = path.join(folder, 'runnc');
  writeFileSync(wrapper, `#!/bin/sh\nexec '${inject('runnc')}' --root '${root}' "$@"\n`, { mode: 0o755 });
  const own = (name: string) => path.join(folder, storage === 'vfs' ? 'podman' : `podman-${storage}`, name);
  const options = [
    ...['--root', own('root'), '--runroot', own('run'), '--tmpdir', own('tmp'), `--storage-driver=${storage}`],
    ...['--cgroup-manager=cgroupfs', '--events-backend=file', '--runtime', wrapper],
  ];
  const environment = ['env', '--unset=DOCKER_CONFIG', `CONTAINERS_CONF=${settings}`];
  const namespaces = [
    ...(netns === undefined ? [] : [`--net=${netns}`]),
    ...(mountsOf === undefined ? [] : [`--mount=/proc/${mountsOf}/ns/mnt`]),
  ];
  const inside = namespaces.length === 0 ? [] : ['nsenter', ...namespaces];
  return (...args) => place.call([...inside, ...environment, 'podman', ...options, ...args], {});
}
