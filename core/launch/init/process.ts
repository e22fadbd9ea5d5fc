/** The part of the init tape that the container's first process plays: from its cgroup to the tender. */
import type { Op } from '../../plugin.ts';
import { execFifo } from '../../state/record.ts';
import * as tape from '../calls.ts';
import { mountProgramRoot } from '../program-root.ts';
import { descriptor, report } from '../protocol.ts';
import type { InitOptions, NamespaceRequest } from './options.ts';

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

/** CAP_LAST_CAP is 40 in Linux 6.18 (linux/capability.h); what a kernel does not know is passed over. */
const lastCapability = 40;

/**
 * Init gets into the cgroup by itself, as the only one: the launcher beside it would count as a second process. The cgroup namespace
 * is rooted where its maker is, so that init makes that one, too.
 */
export function cgroupOps({ cgroup, namespaces }: InitOptions): readonly Op[] {
  const makes = namespaces.some(({ type, path }) => type === 'cgroup' && path === undefined);
  return [
    ...cgroup.tasks.flatMap((file) => tape.writeFile(file, '0', { label: `joining the cgroup ${file}` })),
    ...(makes ? [tape.unshare(tape.CLONE.newCgroup, 'making the cgroup namespace')] : []),
  ];
}

/** From the byte on for which it waits: session, limits, the empty root, no capabilities to be had. */
export function setUpOps(options: InitOptions): readonly Op[] {
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

/** Waits for `start`, and becomes the tender. */
export function waitOps({ name, user }: InitOptions): readonly Op[] {
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
