/** The hooks: the closed list of questions and events of a container's life. */

import type { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook } from 'tapable';
import type { Architecture } from './architecture.ts';
import type { Container, Delegate, DelegateReason, Metadata } from './container.ts';
import type { BlockDevice, Network } from './devices.ts';
import type { Launch, Tender } from './launch.ts';
import type { FilterRequest } from './policy.ts';
import type { DeclaredDevice, Program, Unikernel } from './program.ts';

/** *A noun asks (first answer wins), a verb does (in order), a participle tells (afterwards, never fatal).* */
export interface Hooks {
  /** Which processor is this? Asked once a process, by Node's name for it (`x64`, `arm64`). */
  readonly architecture: AsyncSeriesBailHook<[machine: string], Architecture | undefined>;
  /** What do image and annotations say of the container? Asked first, before its program is looked for. */
  readonly metadata: AsyncSeriesBailHook<[container: Container], Metadata | undefined>;
  /** Which other OCI runtime takes it? Asked for a pod's sandbox, and when nobody knows the program. */
  readonly delegate: AsyncSeriesBailHook<[container: Container, reason: DelegateReason], Delegate | undefined>;
  /** What is this program? A plugin whose name for it is not `container.metadata.unikernel`, where there is one, does not answer. */
  readonly unikernel: AsyncSeriesBailHook<[program: Program, container: Container], Unikernel | undefined>;
  /** What is behind this block device? Asked at `create` for each one that the unikernel declares, in its order. */
  readonly rootfs: AsyncSeriesBailHook<
    [container: Container, unikernel: Unikernel, device: DeclaredDevice, program: Program],
    BlockDevice | undefined
  >;
  /** Which network devices does it get? Asked at `start`, when the engine has filled the namespace. */
  readonly network: AsyncSeriesBailHook<[container: Container, unikernel: Unikernel], Network | undefined>;
  /** What starts it? */
  readonly tender: AsyncSeriesBailHook<[program: Program, unikernel: Unikernel, architecture: Architecture], Tender | undefined>;
  /** Shape the launch: memory, devices, command line, policy. */
  readonly launch: AsyncSeriesWaterfallHook<[launch: Launch, container: Container]>;
  /** Compile a system call policy, or the bundle's OCI profile, to a classic BPF program. */
  readonly filter: AsyncSeriesBailHook<[request: FilterRequest, architecture: Architecture], Uint8Array | undefined>;
  /** Something to do at `create`, before anything of the container exists; an error undoes the container. */
  readonly create: AsyncSeriesHook<[container: Container]>;
  /** Something to do at `start`, before the network is asked for; an error ends the container. */
  readonly start: AsyncSeriesHook<[container: Container]>;
  /** Something to do at `delete`, once no process is left and before resources are given back. */
  readonly delete: AsyncSeriesHook<[container: Container]>;
  /** Carry to the host what the guest has written so far, at `runnc sync`: the guest stands still meanwhile. */
  readonly sync: AsyncSeriesHook<[container: Container]>;
  /** Told once the container waits for `start`; an error is logged, here and in the three that follow. */
  readonly created: AsyncSeriesHook<[container: Container]>;
  /** Told once the guest runs. */
  readonly started: AsyncSeriesHook<[container: Container]>;
  /** Told at `delete`, before anything is given back. */
  readonly stopped: AsyncSeriesHook<[container: Container]>;
  /** Told at `delete`, after everything was given back. */
  readonly deleted: AsyncSeriesHook<[container: Container]>;
}
