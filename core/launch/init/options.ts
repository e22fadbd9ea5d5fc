/** What the init tape is made of, as plain data. */
import type { Architecture, Descriptor } from '../../plugin.ts';
import type { RootEntry } from '../program-root.ts';

/** A namespace to make, or with a path, to join. */
export interface NamespaceRequest {
  readonly type: 'pid' | 'network' | 'ipc' | 'uts' | 'mount' | 'cgroup' | 'time';
  readonly path?: string;
}

export interface InitOptions {
  /** Where the container's folder is; also the place on which the empty root is mounted. */
  readonly directory: string;
  readonly architecture: Architecture;
  /** How to get into the container's cgroup: files of version 1 to write `0` to, the directory of version 2 to be born in. */
  readonly cgroup: { readonly tasks: readonly string[]; readonly unified: string | undefined };
  readonly namespaces: readonly NamespaceRequest[];
  /** What a new time namespace adds to the host's clocks, in nanoseconds. */
  readonly timeOffsets: { readonly monotonic: bigint; readonly boottime: bigint };
  readonly hostname: string | undefined;
  readonly domainname: string | undefined;
  readonly sysctl: Readonly<Record<string, string>>;
  readonly rlimits: readonly { readonly type: string; readonly soft: bigint; readonly hard: bigint }[];
  readonly oomScoreAdj: number | undefined;
  readonly user: { readonly uid: number; readonly gid: number; readonly additionalGids: readonly number[] };
  readonly terminal: boolean;
  readonly sessionKeyring: string | undefined;
  readonly pivot: boolean;
  /** What the root has: nothing, but for a tender that is a program of its own. */
  readonly root: readonly RootEntry[];
  /** Label for /proc/self/attr/exec (AppArmor: `exec PROFILE`), or undefined. */
  readonly execLabel: string | undefined;
  /** Files opened outside the container's namespaces; they get `descriptor.firstFree` and the numbers after it. */
  readonly open: readonly Descriptor[];
  /** Files opened inside them (a tap belongs to the network namespace in which /dev/net/tun was opened); the next numbers. */
  readonly openInside: readonly Descriptor[];
  /** Name of the process until the guest starts. */
  readonly name: string;
}
