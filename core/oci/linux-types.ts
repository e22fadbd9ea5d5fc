/** The `linux` object of config.json; the sections named are those of the runtime-spec's config-linux.md. */
import type { SeccompProfile } from '../plugin.ts';
import type { LinuxResources } from './resources-types.ts';

export type * from './resources-types.ts';

export interface Linux {
  readonly namespaces?: readonly Namespace[];
  /** "User namespace mappings": refused, since user namespaces are not supported. */
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
  readonly devices?: readonly Device[];
  /** "Cgroups Path": a path of cgroupfs, or `slice:prefix:name` for systemd. */
  readonly cgroupsPath?: string;
  readonly resources?: LinuxResources;
  /** "Rootfs Mount Propagation". */
  readonly rootfsPropagation?: string;
  readonly seccomp?: LinuxSeccomp;
  /** "Sysctl": only those of the container's own namespaces are let through. */
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly mountLabel?: string;
  /** "Offset for Time Namespace" (since 1.1), by clock: `boottime`, `monotonic`. */
  readonly timeOffsets?: Readonly<Record<string, { readonly secs?: number; readonly nanosecs?: number }>>;
  readonly personality?: { readonly domain: 'LINUX' | 'LINUX32'; readonly flags?: readonly string[] };
  readonly intelRdt?: IntelRdt;
}

export type NamespaceType = 'cgroup' | 'ipc' | 'mount' | 'network' | 'pid' | 'time' | 'user' | 'uts';

/** "Namespaces": a new one, or, with a path, one that is joined. No type occurs twice. */
export interface Namespace {
  readonly type: NamespaceType;
  /** Absolute. */
  readonly path?: string;
}

/** "User namespace mappings". */
export interface IdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

/** "Devices": a node in /dev. */
export interface Device {
  readonly path: string;
  readonly type: 'b' | 'c' | 'p' | 'u';
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** "Seccomp": what plugins see of it, and the listener. */
export interface LinuxSeccomp extends SeccompProfile {
  readonly listenerPath?: string;
  readonly listenerMetadata?: string;
}

/** "IntelRdt". */
export interface IntelRdt {
  readonly closID?: string;
  readonly schemata?: readonly string[];
  readonly l3CacheSchema?: string;
  readonly memBwSchema?: string;
  readonly enableCMT?: boolean;
  readonly enableMBM?: boolean;
}
