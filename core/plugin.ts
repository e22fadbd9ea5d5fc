/**
 * What a plugin is and all that it may touch. This file holds types only: a plugin imports it with `import type`, and
 * everything else is handed to `apply` (a plugin loaded from disk by the single executable could not resolve our code).
 */

import type { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook } from 'tapable';
import type { AttachedDevice } from './launch/fill-manifest.ts';
import type { MapProgramOptions, MappedProgram } from './launch/map-program.ts';
import type { Abi } from './launch/solo5-abi.ts';

import type { Place } from './linux/inside-rootfs.ts';
import type { RunOptions } from './linux/run-program.ts';
import type { RunResult } from './sys/run-in-network.ts';

export type { AttachedDevice } from './launch/fill-manifest.ts';
export type { RunResult } from './sys/run-in-network.ts';

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
  /** Where a path of the container leads in its root file system, symlinks followed as from inside of it. */
  insideRootfs(rootfs: string, path: string): Place;
  /**
   * Runs a program of the system (`ip`, `tc`) in the network namespace at `netns` and takes what it printed; a status other than 0 is
   * not thrown. For programs that take milliseconds: nothing else happens meanwhile.
   */
  runInNetwork(netns: string, program: string, args: readonly string[], input?: string): Promise<RunResult>;
  /**
   * Calls `work` in the network namespace at `netns`: files below /proc/sys/net are those of that namespace. `work` must not be
   * asynchronous, as all other code would be in there while it waits.
   */
  inNetwork<Result>(netns: string, work: () => Result): Promise<Result>;
  /** Which Solo5 ABI a program speaks, undefined if none; throws for those that no tender could know. */
  abiOf(program: Program, tender?: string): Abi | undefined;
  /** The text of a small file at the top of the container's rootfs, opened safely; undefined where nothing is. */
  readImageFile(container: Container, name: string, largest: number): Promise<string | undefined>;
  /** Folder (0700, root) in which a plugin may keep what can be computed again, by content. */
  cacheDirectory(name: string): string;
}

type Taps = 'tap' | 'tapPromise';
type TapOnly<T> = { readonly [Name in keyof T]: Pick<T[Name], Taps & keyof T[Name]> };

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
  /** Told once the container waits for `start`; an error is logged, here and in the three that follow. */
  readonly created: AsyncSeriesHook<[container: Container]>;
  /** Told once the guest runs. */
  readonly started: AsyncSeriesHook<[container: Container]>;
  /** Told at `delete`, before anything is given back. */
  readonly stopped: AsyncSeriesHook<[container: Container]>;
  /** Told at `delete`, after everything was given back. */
  readonly deleted: AsyncSeriesHook<[container: Container]>;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Something taken that is given back on `delete` and on a failed `create` alike, perhaps by another process. */
export interface Resource<Input, State extends Json> {
  readonly name: string;
  /** Takes it. Names are derived from the container's id, so that a crash before the state is saved leaves nothing unknown. */
  acquire(container: Container, input: Input): Promise<State>;
  /** Gives it back; safe to repeat. `state` is undefined when the process died inside `acquire`. */
  release(container: Container, state: State | undefined): Promise<void>;
}

export interface ResourceHandle<Input, State extends Json> {
  /** Runs `acquire` and saves what it returned in the container's state before going on. */
  take(container: Container, input: Input): Promise<State>;
}

/** What was said of a container before anybody looked at its program. */
export interface Metadata {
  /** Path or name of the program, in place of args[0]. */
  readonly program?: string;
  /** What the program is called where it has a name of its own (rumprun's argv[0]). */
  readonly argv0?: string;
  /** The arguments, in place of args[1..]. */
  readonly args?: readonly string[];
  /** Name of the unikernel (`rumprun`, `mirage`, `solo5`), and whether an annotation says so, or the image. */
  readonly unikernel?: { readonly name: string; readonly by: 'operator' | 'annotation' | 'image' };
  /** Name of the tender that it was made for. */
  readonly tender?: string;
  /** Settings of the unikernel's plugin. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Why another runtime is asked for: it is a pod's sandbox (the pause container), or no unikernel. */
export type DelegateReason = 'sandbox' | 'no unikernel';

/** Another OCI runtime. */
export interface Delegate {
  /** Absolute path of its program. */
  readonly path: string;
}

/** The container as plugins see it. */
export interface Container {
  readonly id: string;
  /** Absolute path of the bundle. */
  readonly bundle: string;
  /** Absolute path of the root file system; read-only for plugins. */
  readonly rootfs: string;
  /** root.readonly of config.json. */
  readonly rootfsReadOnly: boolean;
  readonly hostname: string | undefined;
  /** process.args of config.json. */
  readonly args: readonly string[];
  /** process.env as it stands: `NAME=value`. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** What was said of it; empty until the `metadata` hook has been asked. `args` has it applied. */
  readonly metadata: Metadata;
  readonly mounts: readonly {
    readonly destination: string;
    readonly source?: string;
    readonly type?: string;
    readonly options?: readonly string[];
  }[];
  /** Folder of this container's own files (0700, root), gone after delete. */
  readonly directory: string;
  /** Process id of the container's init in the runtime's pid namespace; undefined before it exists. */
  readonly pid: number | undefined;
  /** Path of the network namespace: `/proc/PID/ns/net`; undefined before `create` has made the sandbox. */
  readonly netns: string | undefined;
  /** Path of the network namespace that config.json has the container join; undefined: it has one of its own. */
  readonly joinedNetns: string | undefined;
}

/** The unikernel program, opened and its ELF headers checked. */
export interface Program {
  /** Path inside the rootfs, symlinks resolved beneath it. */
  readonly path: string;
  /** Open, read-only; valid while the hook runs. */
  readonly fd: number;
  /** File size in bytes. */
  readonly size: number;
  readonly elf: Elf;
  readonly solo5: Solo5Notes;
}

/** A checked ELF64 little-endian header. All offsets lie inside the file. */
export interface Elf {
  /** e_type: 2 is ET_EXEC. */
  readonly type: number;
  /** e_machine: 62 is x86_64, 183 is aarch64. */
  readonly machine: number;
  readonly entry: bigint;
  readonly interpreter: string | undefined;
  readonly segments: readonly Segment[];
}

/** A PT_LOAD program header. */
export interface Segment {
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
}

/** Solo5's notes, where the program has them (Solo5 include/elf_abi.h, mft_abi.h). */
export interface Solo5Notes {
  readonly abi: { readonly target: number; readonly version: number } | undefined;
  readonly manifest: Manifest | undefined;
}

export interface Manifest {
  /** The manifest as in the file: u32 version, u32 entries, entries of 104 bytes. */
  readonly bytes: Uint8Array;
  /** Entry 0, which is reserved, left out; the handle is the index in the file's table. */
  readonly devices: readonly DeclaredDevice[];
}

export interface DeclaredDevice {
  readonly name: string;
  readonly kind: 'block' | 'net';
  /** Index in the manifest; what the guest calls the device by. */
  readonly handle: number;
  /** The guest starts without it too: where no plugin has one, it is left out. */
  readonly optional?: true;
}

/** What the guest is, as plain data. */
export interface Unikernel {
  /** `solo5`, `rumprun`, `mirage`, ... */
  readonly name: string;
  /** Which ABI it speaks, by which tenders know it: `spt`, `hvt`, and those of 2018 without notes and manifest, `legacy-spt` and `legacy-hvt`. */
  readonly abi: Abi | string;
  /** It makes code at run time (a JavaScript engine with a JIT), so its heap has to be executable. */
  readonly executableHeap?: boolean;
  readonly devices: readonly DeclaredDevice[];
  /** The command line as far as it is known at create; `launch` taps may rewrite it. At most 8191 bytes. */
  readonly commandLine: string;
}

/** A block device for the guest. */
export interface BlockDevice {
  /** Name in the manifest. */
  readonly name: string;
  readonly path: string;
  readonly readOnly: boolean;
  /** In bytes, a multiple of `blockSize`. */
  readonly capacity: number;
  /** In bytes; 512 unless the image needs another. */
  readonly blockSize: number;
  /**
   * Locks the file (flock(2)) with the descriptor that the guest gets, so that the lock lasts exactly as long as the guest
   * and goes with it however it ends; `create` fails when somebody else has it. For files that others can name too.
   */
  readonly lock?: 'exclusive' | 'shared';
}

/** A network device for the guest, and what the guest may be told of the network behind it. */
export interface NetworkDevice {
  /** Name in the manifest. */
  readonly name: string;
  /** Name of the tap device in the container's network namespace. */
  readonly tap: string;
  /** The interface of that namespace behind it, `eth0`; undefined where nothing is. */
  readonly interface: string | undefined;
  /** Six bytes as `02:42:ac:11:00:02`. */
  readonly mac: string;
  readonly mtu: number;
  /** `ADDRESS/PREFIX`, IPv4 and IPv6. */
  readonly addresses: readonly string[];
  /** Without those that an address implies; the default routes are `0.0.0.0/0` and `::/0`. */
  readonly routes: readonly { readonly destination: string; readonly gateway?: string }[];
}

export interface Network {
  readonly devices: readonly NetworkDevice[];
  readonly nameServers: readonly string[];
  readonly searchDomains: readonly string[];
}

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
   * in the container's root. Beside them it finds the unikernel as `/unikernel` and block devices as `/block/NAME`.
   */
  readonly hostFiles?: readonly string[];
  /** Throws when the launch is not possible. */
  plan(launch: Launch, descriptors: DescriptorNumbers): Promise<LaunchPlan>;
}

export interface Descriptor {
  /** Key in `DescriptorNumbers`. */
  readonly name: string;
  readonly path: string;
  /** open(2) flags. */
  readonly flags: number;
  /** See `BlockDevice.lock`. */
  readonly lock?: 'exclusive' | 'shared';
}

/**
 * Fixed numbers of the descriptors in the guest's process: `program` (the unikernel's file), those of `Tender.open` by their
 * names, `block:NAME` (the image), `net:NAME` (/dev/net/tun, opened non-blocking in the container's network namespace and
 * not yet attached to a tap), and `free`, the lowest number that is not taken.
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

/** System calls allowed after the jump; every other one ends the process with SIGSYS. */
export type Policy = readonly Rule[];

export interface Rule {
  readonly call: string;
  /** All conditions must hold. */
  readonly when?: readonly Condition[];
}

export interface Condition {
  /** Argument, 0 to 5. */
  readonly arg: number;
  readonly op: '==' | '!=' | '<' | '<=' | '>' | '>=';
  readonly value: number | bigint;
}

export type FilterRequest =
  | { readonly kind: 'policy'; readonly policy: Policy }
  /** linux.seccomp of config.json; `allow` names calls that the launch itself still has to make beneath it. */
  | { readonly kind: 'profile'; readonly profile: SeccompProfile; readonly allow: readonly string[] };

/** linux.seccomp (runtime-spec, config-linux.md, "Seccomp"). */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  readonly syscalls?: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly errnoRet?: number;
    readonly args?: readonly {
      readonly index: number;
      readonly value: number;
      readonly valueTwo?: number;
      readonly op: string;
    }[];
  }[];
}

/** What the core must know of a processor. */
export interface Architecture {
  /** As in OCI: `amd64`, `arm64`. */
  readonly name: string;
  /** e_machine. */
  readonly elfMachine: number;
  /** AUDIT_ARCH_* value (linux/audit.h), for filters. */
  readonly auditArch: number;
  /** System call numbers by name. */
  readonly numbers: Readonly<Record<string, number>>;
  /** The player: position-independent code that ends where the tape begins (a multiple of 64 bytes). */
  readonly player: Uint8Array;
  /** Offset of the signal handler (exits with 128 + signal) in the player. */
  readonly handlerOffset: number;
  /** Offset of the restorer that sigaction wants, or undefined. */
  readonly restorerOffset: number | undefined;
  /** Where the launcher's image is linked: above any guest memory. */
  readonly launcherBase: number;
  /** First address past user space. */
  readonly userSpaceEnd: number;
  /** Calls that a guest needs on this processor only (x86_64: arch_prctl(ARCH_SET_FS)). */
  readonly guestCalls: Policy;
  /** What the stack pointer is below the end of guest memory at entry. */
  readonly stackGap: number;
}

/** A system call on the tape. Made by `TapeTools`, so that arguments are typed and each op has a label. */
export interface Op {
  /** What it does, for the sentence when it fails: `mounting /proc`. */
  readonly label: string;
  readonly call: string;
  readonly args: readonly Argument[];
  /** Where the result goes. */
  readonly store?: Slot | Address;
  /** The result must equal the third argument (a read or write that must be whole). */
  readonly exact?: boolean;
  /** A failure is passed over. */
  readonly optional?: boolean;
  /** With a result other than zero, go on at this mark. */
  readonly branch?: Mark;
  /** This op is where the mark points. */
  readonly mark?: Mark;
}

/** An argument: a number, a NUL-ended string, bytes in the data segment, a stored result, or an address. */
export type Argument = number | bigint | string | Uint8Array | Slot | Mutable | Address | Struct;

/** Eight bytes in which an op's result is kept for later ops. */
export interface Slot {
  readonly kind: 'slot';
  readonly name: string;
}

/** A position on the tape. */
export interface Mark {
  readonly kind: 'mark';
  readonly name: string;
}

/** Writable bytes of the data segment, shared by all ops that name the same object: `bytes` at first, else zeros. */
export interface Mutable {
  readonly kind: 'mutable';
  readonly size: number;
  readonly bytes?: Uint8Array;
}

/**
 * An address known when the tape is laid out: of the signal handler, of the first byte after the launcher's image, of a
 * result; or the number of bytes from the end of the image to the end of user space.
 */
export interface Address {
  readonly kind: 'address';
  readonly of: 'handler' | 'restorer' | 'end' | 'size after end' | Slot | Mutable;
  /** Added to it, in bytes. */
  readonly offset?: number;
}

/** Bytes with addresses written into them, eight bytes each, when the tape is laid out. */
export interface Struct {
  readonly kind: 'struct';
  readonly bytes: Uint8Array;
  readonly pointers: readonly { readonly at: number; readonly to: Argument }[];
}

/** Builders of ops (core/launch/calls.ts). */
export type TapeTools = typeof import('./launch/calls.ts');

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
