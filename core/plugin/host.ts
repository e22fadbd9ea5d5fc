/** A plugin, and all that it may touch. */

import type { AttachedDevice } from '../launch/fill-manifest.ts';
import type { MapProgramOptions, MappedProgram } from '../launch/map-program.ts';
import type { Abi } from '../launch/solo5-abi.ts';
import type { ApartOptions, RanApart } from '../lifecycle/run-apart.ts';
import type { Place } from '../linux/inside-rootfs.ts';
import type { RunOptions } from '../linux/run-program.ts';
import type { Netlink } from '../sys/netlink.ts';
import type { RunResult } from '../sys/run-in-network.ts';
import type { Container } from './container.ts';
import type { Hooks } from './hooks.ts';
import type { Images } from './images.ts';
import type { Kept } from './kept.ts';
import type { Manifest, Program, Segment, Unikernel } from './program.ts';
import type { TapeTools } from './tape.ts';
import type { TreeTools } from './tree.ts';

/** Version of this interface. A plugin written for another one is refused by name. */
export type ApiVersion = 1;

/** A name, a schema and one function. */
export interface Plugin<Options = Record<string, never>> {
  readonly name: string;
  readonly api: ApiVersion;
  /** JSON Schema of this plugin's part of runnc.config. */
  readonly options?: object;
  /** Names of plugins that must be loaded too. */
  readonly needs?: readonly string[];
  apply(host: Host, options: Options): void;
}

/** All that a plugin may touch. */
export interface Host {
  readonly hooks: TapOnly<Hooks>;
  readonly log: Log;
  /** Builds the system calls of a tape. */
  readonly tape: TapeTools;
  /** A copy of a manifest with its devices filled in, as the guest finds it in its memory. */
  fillManifest(manifest: Manifest, attached: readonly AttachedDevice[]): Uint8Array;
  /** Ops that put a program's segments into guest memory, and the page-aligned end of the last. */
  mapProgram(segments: readonly Segment[], options: MapProgramOptions): MappedProgram;
  /** Registers something that must be given back. */
  resource<Input, State extends Json>(resource: Resource<Input, State>): ResourceHandle<Input, State>;
  /** Loads a C library once per process; for the plugins whose point is one (libseccomp). */
  library(soname: string): Promise<ForeignLibrary>;
  /** Runs a system program: no shell, a time limit (10 s unless told), and an error that says what the program said last. */
  run(file: string, args: readonly string[], options?: RunOptions): Promise<{ stdout: string }>;
  /**
   * Runs the unikernel's program once by itself, for a question that only it can answer (`--help`): in a sandbox of its own with the
   * tender that it needs, with network devices that lead nowhere and empty disks behind its block devices, and nothing of the
   * container. Takes tens of milliseconds: keep the answer, by the program's content. Not thrown: a status, a time limit.
   */
  runApart(program: Program, unikernel: Unikernel, options: ApartOptions): Promise<RanApart>;
  /** Where a path of the container leads in its root file system, symlinks followed as from inside of it. */
  insideRootfs(rootfs: string, path: string): Place;
  /**
   * Runs a program of the system (`ip`, `tc`) in the network namespace at `netns` and takes what it printed; a status other than 0 is
   * not thrown. For programs that take milliseconds: nothing else happens meanwhile. It has the container's lock too, so
   * that `delete` comes after it even if this process is killed; and so it must leave no process behind.
   */
  runInNetwork(netns: string, program: string, args: readonly string[], input?: string): Promise<RunResult>;
  /**
   * Runs `work`, which is to be short, while no other runnc does so for a container of the same root folder: for what is noted of something that
   * containers share, and changed by it. Not within itself.
   */
  inTurn<Result>(container: Pick<Container, 'directory'>, work: () => Promise<Result>): Promise<Result>;
  /**
   * Calls `work` in the network namespace at `netns`: files below /proc/sys/net are those of that namespace. `work` must not be
   * asynchronous, as all other code would be in there while it waits.
   */
  inNetwork<Result>(netns: string, work: () => Result): Promise<Result>;
  /** Opens a netlink socket in the network namespace at `netns`, of NETLINK_ROUTE unless told. Whoever opens it closes it. */
  netlink(netns: string, protocol?: number): Promise<Netlink>;
  /**
   * ioctl(2) with a structure, which may come back changed.
   * @throws Error that begins with `what`, with `errnoName` (`EBUSY`)
   */
  ioctl(what: string, fd: number, request: number, structure: Uint8Array): Promise<number>;
  /**
   * Opens a character device for reading and writing, without blocking and whatever is in /dev: `folder` is its folder in sysfs, as
   * that is in the network namespace at `netns` (`class/net/NAME/macvtap/tap7`). Whoever opens it closes it.
   */
  openDevice(netns: string, folder: string): Promise<number>;
  /** Which Solo5 ABI a program speaks, undefined if none; throws for those that no tender could know. */
  abiOf(program: Program, tender?: string): Abi | undefined;
  /** The text of a small file at the top of the container's rootfs, opened safely; undefined where nothing is. */
  readImageFile(container: Container, name: string, largest: number): Promise<string | undefined>;
  /** Reads trees of files, and what a container's mounts put into them, for images. */
  trees(): Promise<TreeTools>;
  /** Folder (0700, root) in which a plugin may keep what can be computed again, by content. */
  cacheDirectory(name: string): string;
  /** Folder (0700, root) for what a plugin keeps for containers and cannot compute again. */
  dataDirectory(name: string): string;
  /** SHA-256, 32 bytes: by the engine's own hasher, as loading node:crypto takes two milliseconds. */
  sha256(content: string | Uint8Array): Buffer;
  /** Name of the plugin that the configuration has asked first at this hook, undefined where it leaves that open. */
  asksFirst(hook: 'tender' | 'unikernel' | 'rootfs' | 'network'): string | undefined;
  /** Images of root file systems, built once for all containers that hold the same. */
  readonly images: Images;
}

type Taps = 'tap' | 'tapPromise';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Something taken that is given back on `delete` and on a failed `create` alike, perhaps by another process. */
export interface Resource<Input, State extends Json> {
  readonly name: string;
  /** Takes it. Names are derived from the container's id, so that a crash before the state is saved leaves nothing unknown. */
  acquire(container: Container, input: Input): Promise<State>;
  /** Gives it back; safe to repeat. `state` is undefined when the process died inside `acquire`. */
  release(container: Container, state: State | undefined): Promise<void>;
  /** What is left of containers that have no use for it, and was not given back as something would be lost (`runnc kept`). */
  kept?(): Promise<readonly Kept[]>;
}

export interface ResourceHandle<Input, State extends Json> {
  /** Runs `acquire` and saves what it returned in the container's state before going on. */
  take(container: Container, input: Input): Promise<State>;
}

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** A C library, through koffi: declares functions by their C prototype. */
export interface ForeignLibrary {
  function(prototype: string): (...args: unknown[]) => unknown;
  /** Declares a struct type once per process; returns its name for prototypes. */
  struct(name: string, fields: Readonly<Record<string, string>>): string;
}

type TapOnly<T> = { readonly [Name in keyof T]: Pick<T[Name], Taps & keyof T[Name]> };
