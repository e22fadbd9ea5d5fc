/** What `runnc features` prints (runtime-spec, features.md and features-linux.md, 1.2): what is read and acted upon, no more. */
import { hookNames } from './types.ts';
import { OCI_VERSION, OLDEST_OCI_VERSION } from './version.ts';

/** null is "not told", which is not the same as empty: "none" (features.md). */
export interface Features {
  readonly ociVersionMin: string;
  readonly ociVersionMax: string;
  readonly hooks: readonly string[];
  readonly mountOptions: readonly string[];
  readonly linux: LinuxFeatures;
  readonly annotations: Readonly<Record<string, string>>;
  readonly potentiallyUnsafeConfigAnnotations: readonly string[];
}

export interface LinuxFeatures {
  readonly namespaces: readonly string[];
  readonly capabilities: readonly string[];
  readonly cgroup: Readonly<Record<'v1' | 'v2' | 'systemd' | 'systemdUser' | 'rdma', boolean>>;
  readonly seccomp: SeccompFeatures;
  readonly apparmor: { readonly enabled: boolean };
  readonly selinux: { readonly enabled: boolean };
  readonly intelRdt: { readonly enabled: boolean };
  readonly mountExtensions: { readonly idmap: { readonly enabled: boolean } };
}

export interface SeccompFeatures {
  readonly enabled: boolean;
  readonly actions: readonly string[];
  readonly operators: readonly string[];
  readonly archs: readonly string[];
  readonly knownFlags: readonly string[];
  readonly supportedFlags: readonly string[];
}

/** The features, with annotations such as versions of the parts, and what the seccomp plugin says of itself. */
export function features(annotations: Readonly<Record<string, string>> = {}, seccomp: SeccompFeatures = libseccomp): Features {
  return {
    ociVersionMin: OLDEST_OCI_VERSION,
    ociVersionMax: OCI_VERSION,
    hooks: hookNames,
    // A unikernel has no file tree that anything could be mounted in: mounts of the bundle are never made.
    mountOptions: [],
    linux: {
      namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'uts'],
      // Any set is accepted, and none is ever granted.
      capabilities: [],
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: false, rdma: false },
      seccomp,
      apparmor: { enabled: false },
      selinux: { enabled: false },
      intelRdt: { enabled: false },
      mountExtensions: { idmap: { enabled: false } },
    },
    annotations,
    potentiallyUnsafeConfigAnnotations: [],
  };
}

/** What libseccomp 2.5 takes. Not SCMP_ACT_NOTIFY: nobody would hold the listener's descriptor. */
const libseccomp: SeccompFeatures = {
  enabled: true,
  actions: ['ALLOW', 'ERRNO', 'KILL', 'KILL_PROCESS', 'KILL_THREAD', 'LOG', 'TRACE', 'TRAP'].map((name) => `SCMP_ACT_${name}`),
  operators: ['EQ', 'GE', 'GT', 'LE', 'LT', 'MASKED_EQ', 'NE'].map((name) => `SCMP_CMP_${name}`),
  archs: ['AARCH64', 'ARM', 'X32', 'X86', 'X86_64'].map((name) => `SCMP_ARCH_${name}`),
  knownFlags: ['LOG', 'SPEC_ALLOW', 'TSYNC'].map((name) => `SECCOMP_FILTER_FLAG_${name}`),
  supportedFlags: ['LOG', 'SPEC_ALLOW', 'TSYNC'].map((name) => `SECCOMP_FILTER_FLAG_${name}`),
};
