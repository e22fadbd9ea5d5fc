/**
 * What a plugin is and all that it may touch. These are types only: a plugin imports them with `import type`, and
 * everything else is handed to `apply` (a plugin loaded from disk by the single executable could not resolve our code).
 */

export type { AttachedDevice } from './launch/fill-manifest.ts';
export type * from './plugin/architecture.ts';
export type * from './plugin/container.ts';
export type * from './plugin/devices.ts';
export type * from './plugin/hooks.ts';
export type * from './plugin/host.ts';
export type * from './plugin/images.ts';
export type * from './plugin/kept.ts';
export type * from './plugin/launch.ts';
export type * from './plugin/policy.ts';
export type * from './plugin/program.ts';
export type * from './plugin/tape.ts';
export type * from './plugin/tree.ts';
export type { Netlink, NetlinkMessage } from './sys/netlink.ts';
export type { RunResult } from './sys/run-in-network.ts';
