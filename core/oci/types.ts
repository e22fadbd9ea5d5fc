/** What runnc reads of config.json, by the runtime-spec 1.0 to 1.2; the sections named are those of its config.md. */
import type { IdMapping, Linux } from './linux-types.ts';

export type * from './linux-types.ts';

/** A validated config.json. Properties that are null in the file are absent here. */
export interface Spec {
  /** "Specification version". */
  readonly ociVersion: string;
  readonly process: Process;
  readonly root: Root;
  /** "Hostname". */
  readonly hostname?: string;
  /** "Domainname" (since 1.1). */
  readonly domainname?: string;
  readonly mounts?: readonly Mount[];
  readonly hooks?: Hooks;
  /** "Annotations". */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux?: Linux;
}

/** "Root". */
export interface Root {
  /** Absolute, or relative to the bundle. */
  readonly path: string;
  readonly readonly?: boolean;
}

/** "Mounts". */
export interface Mount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
}

/** "Process". */
export interface Process {
  readonly terminal?: boolean;
  readonly consoleSize?: { readonly height: number; readonly width: number };
  readonly user?: User;
  /** Never empty. */
  readonly args: readonly string[];
  /** Each `NAME=value`, the name not empty. */
  readonly env?: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly capabilities?: Capabilities;
  readonly rlimits?: readonly Rlimit[];
  readonly noNewPrivileges?: boolean;
  readonly apparmorProfile?: string;
  readonly selinuxLabel?: string;
  /** -1000 to 1000; absent: as the runtime's own. */
  readonly oomScoreAdj?: number;
}

/** "POSIX-platform User". */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
  readonly username?: string;
}

/** "Linux Process": the five sets of capabilities(7), as `CAP_NAME`. */
export interface Capabilities {
  readonly bounding?: readonly string[];
  readonly effective?: readonly string[];
  readonly inheritable?: readonly string[];
  readonly permitted?: readonly string[];
  readonly ambient?: readonly string[];
}

/** "POSIX process": getrlimit(2). Limits are 64 bits wide; see `uint64` for values above 2^53. */
export interface Rlimit {
  readonly type: RlimitType;
  readonly soft: number;
  readonly hard: number;
}

export type RlimitType =
  | 'RLIMIT_AS'
  | 'RLIMIT_CORE'
  | 'RLIMIT_CPU'
  | 'RLIMIT_DATA'
  | 'RLIMIT_FSIZE'
  | 'RLIMIT_LOCKS'
  | 'RLIMIT_MEMLOCK'
  | 'RLIMIT_MSGQUEUE'
  | 'RLIMIT_NICE'
  | 'RLIMIT_NOFILE'
  | 'RLIMIT_NPROC'
  | 'RLIMIT_RSS'
  | 'RLIMIT_RTPRIO'
  | 'RLIMIT_RTTIME'
  | 'RLIMIT_SIGPENDING'
  | 'RLIMIT_STACK';

/** Names of the hooks, in the order of a container's life. */
export const hookNames = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;

export type HookName = (typeof hookNames)[number];

/** "POSIX-platform Hooks". */
export type Hooks = { readonly [Name in HookName]?: readonly Hook[] };

export interface Hook {
  /** Absolute. */
  readonly path: string;
  /** The whole argv, args[0] included. */
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** In seconds, at least 1. */
  readonly timeout?: number;
}
