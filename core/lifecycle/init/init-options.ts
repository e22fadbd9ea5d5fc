/** From config.json to what the init tape does. */
import { existsSync, readFileSync } from 'node:fs';
import type { InitOptions, NamespaceRequest } from '../../launch/init/options.ts';
import { type CgroupPlan, entryOf } from '../../linux/cgroup/index.ts';
import type { Bundle } from '../../oci/bundle.ts';
import type { Spec } from '../../oci/types.ts';
import { uint64 } from '../../oci/uint64.ts';
import type { Held } from '../../state/store.ts';
import { clockNow } from '../../sys/clock.ts';
import type { CreateOptions } from '../create-options.ts';
import type { Identified } from '../identify.ts';
import type { Descriptors } from './descriptors.ts';

export async function initOptions(
  { id, pivot, keyring, consoleSocket }: Pick<CreateOptions, 'id' | 'pivot' | 'keyring' | 'consoleSocket'>,
  { spec }: Bundle,
  held: Held,
  { architecture }: Identified,
  cgroup: CgroupPlan,
  { open, openInside }: Descriptors,
  root: InitOptions['root'],
): Promise<InitOptions> {
  const { process, hostname, domainname, linux } = spec;
  return {
    directory: held.directory,
    architecture,
    cgroup: entryOf(cgroup),
    namespaces: namespaces(spec),
    timeOffsets: { monotonic: await timeOffset(spec, 'monotonic'), boottime: await timeOffset(spec, 'boottime') },
    hostname,
    domainname,
    sysctl: linux?.sysctl ?? {},
    rlimits: rlimits(spec),
    oomScoreAdj: process.oomScoreAdj,
    user: { uid: process.user?.uid ?? 0, gid: process.user?.gid ?? 0, additionalGids: process.user?.additionalGids ?? [] },
    terminal: consoleSocket !== undefined,
    sessionKeyring: keyring ? `_ses.${id.slice(0, 200)}` : undefined,
    pivot,
    root,
    execLabel: execLabel(spec),
    open,
    openInside,
    name: 'runnc',
  };
}

/**
 * The namespaces of config.json, and a time namespace of the container's own where the kernel has them (Linux 5.6): a guest's
 * monotonic clock starts at zero.
 */
function namespaces({ linux }: Spec): readonly NamespaceRequest[] {
  const asked = (linux?.namespaces ?? []) as readonly NamespaceRequest[];
  const withTime = asked.some(({ type }) => type === 'time') || !existsSync('/proc/self/ns/time');
  return withTime ? asked : [...asked, { type: 'time' }];
}

/** What config.json says (linux.timeOffsets), else what makes the clock start at zero. */
async function timeOffset({ linux }: Spec, clock: 'monotonic' | 'boottime'): Promise<bigint> {
  const asked = linux?.timeOffsets?.[clock];
  return asked ? BigInt(asked.secs ?? 0) * 1_000_000_000n + BigInt(asked.nanosecs ?? 0) : -(await clockNow(clock));
}

/** The limits of config.json. The number of descriptors is reset where nothing is said: JavaScript engines raise it for themselves. */
function rlimits({ process: { rlimits: asked = [] } }: Spec): InitOptions['rlimits'] {
  const limits = asked.map(({ type, soft, hard }) => ({ type: type as string, soft: uint64(soft), hard: uint64(hard) }));
  if (limits.some(({ type }) => type === 'RLIMIT_NOFILE')) return limits;
  const line = /^Max open files +(\d+) +(\d+)/m.exec(limitsOfCaller());
  return line ? [...limits, { type: 'RLIMIT_NOFILE', soft: BigInt(line[1] as string), hard: BigInt(line[2] as string) }] : limits;
}

function limitsOfCaller(): string {
  try {
    return readFileSync(`/proc/${globalThis.process.ppid}/limits`, 'latin1');
  } catch {
    // The caller has ended, or is outside our pid namespace (docker exec, nsenter): it has no number here.
    return '';
  }
}

/** What to write to /proc/self/attr/exec: the AppArmor profile or SELinux label, where the kernel has that module on. */
function execLabel({ process: { apparmorProfile, selinuxLabel } }: Spec): string | undefined {
  if (apparmorProfile && apparmorProfile !== 'unconfined' && isOn('/sys/module/apparmor/parameters/enabled', 'Y'))
    return `exec ${apparmorProfile}`;
  if (selinuxLabel && existsSync('/sys/fs/selinux/enforce')) return selinuxLabel;
  return undefined;
}

function isOn(file: string, value: string): boolean {
  try {
    return readFileSync(file, 'latin1').trim() === value;
  } catch {
    // The module is not in the kernel.
    return false;
  }
}
