/**
 * The types of `linux.resources` in config.json (runtime-spec, config-linux.md, "Control groups"). Fields that are null in the file are
 * absent here: whoever reads the file drops them.
 */

type Maybe<T> = T | undefined;

export interface LinuxResources {
  readonly devices?: Maybe<readonly DeviceRule[]>;
  readonly memory?: Maybe<MemoryResources>;
  readonly cpu?: Maybe<CpuResources>;
  readonly pids?: Maybe<{ readonly limit?: Maybe<number> }>;
  readonly blockIO?: Maybe<BlockIoResources>;
  readonly hugepageLimits?: Maybe<readonly { readonly pageSize: string; readonly limit: number }[]>;
  readonly network?: Maybe<{
    readonly classID?: Maybe<number>;
    readonly priorities?: Maybe<readonly { readonly name: string; readonly priority: number }[]>;
  }>;
  readonly rdma?: Maybe<Readonly<Record<string, { readonly hcaHandles?: Maybe<number>; readonly hcaObjects?: Maybe<number> }>>>;
  /** Files of cgroup v2 and what to write into them. */
  readonly unified?: Maybe<Readonly<Record<string, string>>>;
}

/** A line of the list of allowed devices. */
export interface DeviceRule {
  readonly allow: boolean;
  /** `a` all, `c` character, `b` block; all when not given. */
  readonly type?: Maybe<string>;
  /** All when not given. */
  readonly major?: Maybe<number>;
  readonly minor?: Maybe<number>;
  /** Of `r` read, `w` write, `m` mknod; all when not given. */
  readonly access?: Maybe<string>;
}

/** In bytes; -1 is without limit, and 0 is what engines send for "not set". */
export interface MemoryResources {
  readonly limit?: Maybe<number>;
  readonly reservation?: Maybe<number>;
  /** Of memory and swap together. */
  readonly swap?: Maybe<number>;
  readonly swappiness?: Maybe<number>;
  readonly disableOOMKiller?: Maybe<boolean>;
  readonly checkBeforeUpdate?: Maybe<boolean>;
}

/** Times in microseconds; 0 is "not set". */
export interface CpuResources {
  readonly shares?: Maybe<number>;
  readonly quota?: Maybe<number>;
  readonly burst?: Maybe<number>;
  readonly period?: Maybe<number>;
  readonly realtimeRuntime?: Maybe<number>;
  readonly realtimePeriod?: Maybe<number>;
  readonly cpus?: Maybe<string>;
  readonly mems?: Maybe<string>;
  readonly idle?: Maybe<number>;
}

export interface BlockIoResources {
  readonly weight?: Maybe<number>;
  readonly leafWeight?: Maybe<number>;
  readonly weightDevice?: Maybe<
    readonly {
      readonly major: number;
      readonly minor: number;
      readonly weight?: Maybe<number>;
      readonly leafWeight?: Maybe<number>;
    }[]
  >;
  readonly throttleReadBpsDevice?: Maybe<readonly Throttle[]>;
  readonly throttleWriteBpsDevice?: Maybe<readonly Throttle[]>;
  readonly throttleReadIOPSDevice?: Maybe<readonly Throttle[]>;
  readonly throttleWriteIOPSDevice?: Maybe<readonly Throttle[]>;
}

export interface Throttle {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}
