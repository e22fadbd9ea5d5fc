/** What runnc keeps of a container between two commands: `state.json` in the container's folder. */

import type { CgroupPlan } from '../linux/cgroup/index.ts';
import type { Hook } from '../oci/types.ts';
import type { BlockDevice, Json, Metadata } from '../plugin.ts';
import type { ProcessIdentity } from '../sys/process.ts';

/** Name of the fifo in the container's folder at which init waits for `start`; it is gone once the guest runs. */
export const execFifo = 'exec.fifo';

/** Version of this format; another one is refused. */
export const schemaVersion = 1;

/** A resource that was taken, or was being taken when the state was saved. */
export interface TakenResource {
  readonly name: string;
  /** Undefined while `acquire` runs. */
  readonly state?: Json;
}

export interface ContainerRecord {
  readonly schema: typeof schemaVersion;
  readonly ociVersion: string;
  readonly id: string;
  /** Absolute. */
  readonly bundle: string;
  /** Absolute. */
  readonly rootfs: string;
  /** RFC 3339. */
  readonly created: string;
  readonly annotations: Readonly<Record<string, string>>;
  /**
   * How far it came: whether it still runs is for the process table to say. `running` is never written: it is read from
   * `created` when the exec fifo is gone, so that `start` has nothing to write.
   */
  readonly phase: 'creating' | 'created' | 'running';
  /** The process that creates it. */
  readonly creator: ProcessIdentity;
  /** The container's first process. */
  readonly init?: ProcessIdentity;
  readonly cgroup?: CgroupPlan;
  readonly resources: readonly TakenResource[];
  /** Path of the network namespace in config.json: what is left in there is found by it. */
  readonly joinedNetns?: string;
  /** Hooks that run after `create`: the bundle may be gone by then. */
  readonly hooks?: {
    readonly startContainer?: readonly Hook[];
    readonly poststart?: readonly Hook[];
    readonly poststop?: readonly Hook[];
  };
  /** Whether `start` has to finish the launch (a network to wire), or `create` has done it all. */
  readonly planned?: boolean;
  /** What was said of it when it was created. */
  readonly metadata?: Metadata;
  /** The block devices that `create` found. */
  readonly blocks?: readonly BlockDevice[];
  /** Hooks of the core's own list that some plugin tapped: a command loads plugins only if it must. */
  readonly tapped?: readonly string[];
  /** --config of `create`, for the commands that load plugins later. */
  readonly config?: string;
  /** --profile of `create`. */
  readonly profile?: string;
  /** Path of the program inside the rootfs and what it was found to be. */
  readonly unikernel?: { readonly program: string; readonly name: string; readonly abi: string; readonly tender: string };
}
