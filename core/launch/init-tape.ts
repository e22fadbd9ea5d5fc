/**
 * The init tape: what the container's first process does between `create` and `start`.
 *
 *     runtime                    launcher                         init (PID 1 of the container)
 *     posix_spawn  ───────────▶  namespaces
 *                                clone ─────────────────────────▶ joins the cgroup, waits for a byte
 *     pid          ◀───────────  writes { pid } and ends
 *     saves the state, runs OCI hooks
 *     byte         ──────────────────────────────────────────────▶ session, limits, empty root
 *     ready        ◀────────────────────────────────────────────── writes { ready }
 *     create ends                                                  opens the exec fifo: blocks
 *     start opens the fifo  ─────────────────────────────────────▶ user, no privileges, execveat(the tender's tape)
 *
 * A runtime that dies before the byte takes init with it: the pipe ends. Nothing here needs a file once the root is empty.
 */
import type { Architecture, Descriptor, Op } from '../plugin.ts';
import { execFifo } from '../state/record.ts';
import * as tape from './calls.ts';
import { mountProgramRoot, type RootEntry } from './program-root.ts';
import { descriptor, report } from './protocol.ts';

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

const namespaceFlags = {
  pid: tape.CLONE.newPid,
  network: tape.CLONE.newNet,
  ipc: tape.CLONE.newIpc,
  uts: tape.CLONE.newUts,
  mount: tape.CLONE.newMount,
  cgroup: tape.CLONE.newCgroup,
  time: tape.CLONE.newTime,
} as const;

/** RLIMIT_* numbers, asm-generic/resource.h. */
export const rlimitNumbers: Readonly<Record<string, number>> = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
};

/** Signals that end a guest at once with 128 + their number: HUP, INT, QUIT, TERM. */
export const endingSignals = [1, 2, 3, 15] as const;
/** Signals that JavaScript engines ignore, which exec would pass on: PIPE, XFSZ. */
const ignoredByEngines = [13, 25] as const;
/** CAP_LAST_CAP is 40 in Linux 6.18 (linux/capability.h); what a kernel does not know is passed over. */
const lastCapability = 40;

/** All ops of the init tape. */
export function initTape(options: InitOptions): readonly Op[] {
  const pid = tape.mutable(16, tape.words(report.pid, 0));
  const parent = tape.mark('parent');
  return [
    ...launcherOps(options),
    ...cloneOps(options.cgroup.unified, { store: tape.addressOf(pid, 8), branch: parent }),
    // Whatever the launcher had open for itself: the next descriptors have to get the next numbers.
    tape.closeRange(descriptor.firstFree + options.open.length, descriptor.sync - 1),
    ...cgroupOps(options),
    ...setUpOps(options),
    ...waitOps(options),
    // The child never comes here: it has become the tender.
    tape.write(descriptor.report, tape.addressOf(pid), 16, { label: 'telling the process id', mark: parent }),
    tape.exitGroup(0),
  ];
}

function launcherOps({ architecture, namespaces, timeOffsets, oomScoreAdj, open, sessionKeyring }: InitOptions): readonly Op[] {
  // A mount namespace is never joined: the root is empty, and an empty root in a joined one would be its owner's too.
  const joined = namespaces.filter(({ type, path }) => path !== undefined && type !== 'mount');
  const made = namespaces.filter(({ path }) => path === undefined);
  const restorer = architecture.restorerOffset === undefined ? undefined : tape.addressOf('restorer');
  return [
    ...endingSignals.map((signal) => tape.handleSignal(signal, tape.addressOf('handler'), restorer)),
    ...ignoredByEngines.map((signal) => tape.handleSignal(signal, 0, restorer)),
    tape.unblockSignals(),
    tape.closeRange(descriptor.firstFree, descriptor.sync - 1),
    tape.closeRange(descriptor.tender + 1, 0xffffffff),
    // Opened before the cgroup is joined: its device rules are for the guest, which cannot open anything.
    ...open.flatMap(({ path, flags, lock }, index) => [
      tape.open(path, flags),
      ...(lock ? [tape.lock(descriptor.firstFree + index, lock, path)] : []),
    ]),
    ...(oomScoreAdj === undefined ? [] : tape.writeFile('/proc/self/oom_score_adj', String(oomScoreAdj))),
    ...(sessionKeyring === undefined ? [] : [tape.joinSessionKeyring(sessionKeyring)]),
    ...joined.flatMap(({ type, path }) => {
      const fd = tape.slot(type);
      const what = `the ${type} namespace ${path}`;
      return [
        tape.open(path as string, tape.OPEN.readOnly | tape.OPEN.closeOnExec, { label: `opening ${what}`, store: fd }),
        tape.setns(fd, namespaceFlags[type], what),
        tape.close(fd),
      ];
    }),
    tape.unshare(
      made
        .filter(({ type }) => type !== 'cgroup')
        .reduce<number>((flags, { type }) => flags | namespaceFlags[type], tape.CLONE.newMount),
    ),
    ...(made.some(({ type }) => type === 'time') ? clockOffsets(timeOffsets) : []),
  ];
}

/**
 * Init gets into the cgroup by itself, as the only one: the launcher beside it would count as a second process. The cgroup namespace
 * is rooted where its maker is, so that init makes that one, too.
 */
function cgroupOps({ cgroup, namespaces }: InitOptions): readonly Op[] {
  const makes = namespaces.some(({ type, path }) => type === 'cgroup' && path === undefined);
  return [
    ...cgroup.tasks.flatMap((file) => tape.writeFile(file, '0', { label: `joining the cgroup ${file}` })),
    ...(makes ? [tape.unshare(tape.CLONE.newCgroup, 'making the cgroup namespace')] : []),
  ];
}

/** A sibling of the launcher, so that the runtime can wait for it, and an orphan once the runtime has ended. */
function cloneOps(unified: string | undefined, options: tape.OpOptions): readonly Op[] {
  if (unified === undefined) return [tape.clone(tape.CLONE.parent | tape.SIGCHLD, options)];
  const arguments_ = tape.cloneInto(tape.CLONE.parent);
  return [
    tape.open(unified, tape.OPEN.readOnly | tape.OPEN.closeOnExec, {
      label: `opening the cgroup ${unified}`,
      store: arguments_.cgroup,
    }),
    arguments_.clone(options),
  ];
}

/** Sets the clocks of the new time namespace (time_namespaces(7)): whole seconds, and nanoseconds that are never negative. */
function clockOffsets({ monotonic, boottime }: InitOptions['timeOffsets']): readonly Op[] {
  const second = 1_000_000_000n;
  const line = (clock: string, offset: bigint) => {
    const rest = ((offset % second) + second) % second;
    return `${clock} ${(offset - rest) / second} ${rest}\n`;
  };
  const text = line('monotonic', monotonic) + line('boottime', boottime);
  return tape.writeFile('/proc/self/timens_offsets', text, { label: "setting the container's clocks" });
}

function setUpOps(options: InitOptions): readonly Op[] {
  const { directory, namespaces, hostname, domainname, sysctl, rlimits, terminal, execLabel, pivot, root } = options;
  const makes = (type: NamespaceRequest['type']) =>
    namespaces.some((namespace) => namespace.type === type && namespace.path === undefined);
  return [
    tape.readExactly(descriptor.sync, tape.mutable(1), 1, { label: 'waiting for the runtime' }),
    tape.close(descriptor.sync),
    tape.setName('runnc:[init]'),
    tape.setsid(),
    ...(terminal ? [tape.ioctl(0, 0x540e, 0, 'taking the terminal')] : []), // TIOCSCTTY, asm-generic/ioctls.h
    ...(makes('network') ? tape.loopbackUp() : []),
    ...(hostname === undefined ? [] : [tape.sethostname(hostname)]),
    ...(domainname === undefined ? [] : [tape.setdomainname(domainname)]),
    ...Object.entries(sysctl).flatMap(([key, value]) =>
      tape.writeFile(`/proc/sys/${key.replaceAll('.', '/')}`, value, { label: `setting the sysctl ${key} to ${value}` }),
    ),
    ...options.openInside.map(({ path, flags }) => tape.open(path, flags)),
    // The numbers after those (descriptorsOf).
    ...(options.openInside.length > 0 ? [tape.socketPair()] : []),
    ...(execLabel === undefined
      ? []
      : tape.writeFile('/proc/self/attr/exec', execLabel, { label: `taking on the security label ${execLabel}` })),
    ...rlimits.map(({ type, soft, hard }) => tape.prlimit(rlimitNumbers[type] ?? -1, soft, hard, type)),
    ...(root.length > 0 ? mountProgramRoot(directory, root) : mountEmpty(directory)),
    ...(pivot ? enterRoot() : enterRootWithoutPivot(directory)),
    ...Array.from({ length: lastCapability + 1 }, (_, capability) => tape.dropBounding(capability)),
  ];
}

/** One inode, read-only: all the files that a guest has. */
const mountEmpty = (directory: string): readonly Op[] => [
  tape.mount('none', '/', '', tape.MS.recursive | tape.MS.private, ''),
  tape.mount(
    'runnc',
    directory,
    'tmpfs',
    tape.MS.readOnly | tape.MS.noSuid | tape.MS.noDev | tape.MS.noExec,
    'size=4k,nr_inodes=1,mode=0555',
  ),
  tape.chdir(directory),
];

const enterRoot = (): readonly Op[] => [tape.pivotRoot('.', '.'), tape.umountDetached('.')];

const enterRootWithoutPivot = (directory: string): readonly Op[] => [
  tape.mount(directory, '/', '', tape.MS.move, ''),
  tape.chroot('.'),
];

function waitOps({ name, user }: InitOptions): readonly Op[] {
  return [
    tape.write(descriptor.report, tape.words(report.ready, 0), 16, { label: 'telling the runtime' }),
    tape.close(descriptor.report),
    // The lowest free descriptor is the report's: from here on failures go to `start`, which reads the fifo.
    tape.openBeneath(descriptor.directory, execFifo, tape.OPEN.writeOnly, { label: 'waiting for start' }),
    tape.close(descriptor.directory),
    tape.call('fcntl', [descriptor.tender, 2, 1], { label: 'closing the tape on exec' }), // F_SETFD, FD_CLOEXEC
    // After the fifo was opened: its folder is root's, and a container's user may be any.
    tape.setgroups(user.additionalGids),
    tape.setgid(user.gid),
    tape.setuid(user.uid),
    tape.dropCapabilities(),
    tape.noNewPrivileges(),
    tape.execDescriptor(descriptor.tender, [name]),
  ];
}
