/** `runnc doctor`: what this machine has, what it is needed for, and how to get what is missing. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { sentenceOf } from '../errors.ts';
import type { Context } from '../lifecycle/context.ts';
import { loadRuntime } from '../lifecycle/load-plugins.ts';
import { containerdFile } from './engines/containerd.ts';
import { dockerFile } from './engines/docker.ts';
import { podmanFile } from './engines/podman.ts';
import { table } from './table.ts';

export interface Finding {
  readonly what: string;
  /** `missing` is for what no container starts without; `absent` for what some need. */
  readonly state: 'there' | 'absent' | 'missing';
  readonly neededFor: string;
  readonly detail: string;
  /** How to get it; empty when it is there. */
  readonly fix: string;
}

interface Question {
  readonly what: string;
  readonly neededFor: string;
  readonly required?: boolean;
  readonly fix: string;
  /** A detail when it is there, undefined when it is not; a throw says why. */
  look(context: Context): string | undefined | Promise<string | undefined>;
}

const questions: readonly Question[] = [
  {
    what: 'Linux 5.6 or later',
    neededFor: 'opening programs in images safely (openat2)',
    required: true,
    fix: 'a newer kernel',
    look: () => kernel(5, 6),
  },
  ...['pid', 'net', 'mnt', 'uts', 'ipc', 'cgroup'].map(
    (name): Question => ({
      what: `${name} namespaces`,
      neededFor: 'isolation of containers',
      required: true,
      fix: 'a kernel with CONFIG_NAMESPACES',
      look: () => file(`/proc/self/ns/${name}`),
    }),
  ),
  {
    what: 'time namespaces',
    neededFor: "a guest's clock that starts at zero",
    fix: 'a kernel with CONFIG_TIME_NS',
    look: () => file('/proc/self/ns/time'),
  },
  {
    what: 'seccomp filters',
    neededFor: 'confining guests',
    required: true,
    fix: 'a kernel with CONFIG_SECCOMP_FILTER',
    look: () => file('/proc/sys/kernel/seccomp/actions_avail'),
  },
  {
    what: 'cgroups',
    neededFor: 'limits of containers',
    required: true,
    fix: 'mount -t cgroup2 none /sys/fs/cgroup',
    look: cgroups,
  },
  {
    what: 'systemd',
    neededFor: '--systemd-cgroup',
    fix: "the engine's cgroupfs driver (docs/cgroups.md)",
    look: () => (existsSync('/run/systemd/system') ? program('systemd-run') : undefined),
  },
  {
    what: 'libseccomp.so.2',
    neededFor: 'compiling filters',
    required: true,
    fix: 'apt-get install libseccomp2',
    async look() {
      const { loadLibrary } = await import('../sys/library.ts');
      await loadLibrary('libseccomp.so.2');
      return 'loads';
    },
  },
  {
    what: '/dev/kvm',
    neededFor: 'tender-hvt',
    fix: 'modprobe kvm_intel or kvm_amd, with virtualisation on in the firmware',
    look: () => device('/dev/kvm'),
  },
  { what: '/dev/net/tun', neededFor: 'network devices of guests', fix: 'modprobe tun', look: () => device('/dev/net/tun') },
  {
    what: 'nft',
    neededFor: "Docker's name server on user-defined networks, shared network namespaces",
    fix: 'apt-get install nftables',
    look: () => program('nft'),
  },
  { what: 'Docker', neededFor: 'docker run --runtime=runnc', fix: 'runnc install docker', look: () => mentions(dockerFile) },
  { what: 'containerd', neededFor: 'Kubernetes', fix: 'runnc install containerd', look: () => mentions(containerdFile) },
  { what: 'Podman', neededFor: 'podman --runtime runnc', fix: 'runnc install podman', look: () => mentions(podmanFile('runnc')) },
  {
    what: 'configuration',
    neededFor: 'every container',
    required: true,
    fix: 'mend it: runnc config validate',
    look: configuration,
  },
];

export async function diagnose(context: Context): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { what, neededFor, required, fix, look } of questions) {
    const absent = required ? 'missing' : 'absent';
    try {
      const detail = await look(context);
      findings.push({
        what,
        neededFor,
        state: detail === undefined ? absent : 'there',
        detail: detail ?? '',
        fix: detail === undefined ? fix : '',
      });
    } catch (error) {
      findings.push({ what, neededFor, state: absent, detail: sentenceOf(error), fix });
    }
  }
  return findings;
}

export function report(findings: readonly Finding[]): string {
  const rows = findings.map(({ what, state, neededFor, detail, fix }) => [
    { there: 'ok', absent: '-', missing: 'MISSING' }[state],
    what,
    neededFor,
    [detail, fix].filter((text) => text !== '').join(': '),
  ]);
  return table([['', 'WHAT', 'NEEDED FOR', 'DETAIL'], ...rows]);
}

function kernel(major: number, minor: number): string | undefined {
  const release = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  const [first = 0, second = 0] = release.split(/\D/).map(Number);
  return first > major || (first === major && second >= minor) ? release : undefined;
}

const file = (name: string): string | undefined => (existsSync(name) ? name : undefined);

function device(name: string): string | undefined {
  if (!existsSync(name)) return undefined;
  accessSync(name, constants.R_OK | constants.W_OK);
  return name;
}

function program(...names: readonly string[]): string | undefined {
  const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(existsSync);
}

function cgroups(): string | undefined {
  const found = [...readFileSync('/proc/self/mountinfo', 'utf8').matchAll(/ - (cgroup2?) /g)].map(([, kind]) => kind);
  return found.length === 0 ? undefined : [...new Set(found)].join(' and ');
}

function mentions(name: string): string | undefined {
  return existsSync(name) && readFileSync(name, 'utf8').includes('runnc') ? name : undefined;
}

/** Found, trusted and right, plugins included. */
async function configuration({ config: told, profile, log }: Context): Promise<string> {
  const { config, file: found } = await loadConfig({ path: told, profile });
  await loadRuntime(config, log);
  return found ?? 'as built in';
}
