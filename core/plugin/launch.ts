/** From a neutral description of a start to the plan of a tender. */

import type { BlockDevice, Network } from './devices.ts';
import type { Policy } from './policy.ts';
import type { Program, Unikernel } from './program.ts';
import type { Op } from './tape.ts';

/** A neutral description of one start, from which a tender makes its plan. */
export interface Launch {
  readonly program: Program;
  readonly unikernel: Unikernel;
  /** Guest memory in bytes. */
  readonly memory: number;
  /** Whether guest memory may be backed by huge pages: faster, but 2 MiB is the least that is ever used. */
  readonly hugePages: boolean;
  readonly commandLine: string;
  readonly blocks: readonly BlockDevice[];
  readonly network: Network;
}

/** One who starts unikernels. */
export interface Tender {
  readonly name: string;
  /** Files opened by the init tape before it leaves the host's files behind; at fixed numbers in the guest's process. */
  readonly open: readonly Descriptor[];
  /**
   * For a tender that is a program of its own: the host's files, folders and devices that it needs, read-only and at their own places
   * in the container's root. Beside them it finds the unikernel as `/unikernel`, block devices as `/block/NAME`, and `Unikernel.modules`.
   */
  readonly hostFiles?: readonly string[];
  /** Whether it leaves out TUNSETIFF for network devices that are `attached`. */
  readonly takesTaps?: boolean;
  /** Throws when the launch is not possible. */
  plan(launch: Launch, descriptors: DescriptorNumbers): Promise<LaunchPlan>;
}

export interface Descriptor {
  /** Key in `DescriptorNumbers`. */
  readonly name: string;
  readonly path: string;
  /** open(2) flags. */
  readonly flags: number;
  /** See `BlockDevice`. */
  readonly lock?: 'exclusive' | 'shared';
  readonly noSymlinks?: boolean;
}

/**
 * Fixed numbers of the descriptors in the guest's process: `program` (the unikernel's file), those of `Tender.open` by their
 * names, `block:NAME` (the image), `net:NAME` (/dev/net/tun, opened non-blocking in the container's network namespace and
 * not yet attached to a tap, unless the device is `attached`), and `free`, the lowest number that is not taken.
 */
export type DescriptorNumbers = Readonly<Record<string, number>>;

/** What `start` sets going: a tape, or an ordinary program. */
export type LaunchPlan = TapePlan | ProgramPlan;

export interface TapePlan {
  readonly kind: 'tape';
  readonly ops: readonly Op[];
  /** Bytes that execve itself maps, at fixed page-aligned addresses of the new image: writable, or executable. */
  readonly segments: readonly { readonly address: number; readonly bytes: Uint8Array; readonly executable?: boolean }[];
  /** Where to jump when the tape has been played. */
  readonly entry: bigint;
  readonly stack: bigint;
  readonly argument: bigint;
  /** What the process may still do after the jump. */
  readonly policy: Policy;
}

/** Only for a tender with `hostFiles`. No filter of ours is installed: the program has to confine itself. */
export interface ProgramPlan {
  readonly kind: 'program';
  /** Before it: attaching taps, say. Descriptors stay open. */
  readonly ops?: readonly Op[];
  readonly path: string;
  readonly argv: readonly string[];
}
