/** The part of the init tape that the launcher plays: it makes and joins namespaces, and clones the container's first process into them. */
import type { Op } from '../../plugin.ts';
import * as tape from '../calls.ts';
import { descriptor } from '../protocol.ts';
import type { InitOptions } from './options.ts';

const namespaceFlags = {
  pid: tape.CLONE.newPid,
  network: tape.CLONE.newNet,
  ipc: tape.CLONE.newIpc,
  uts: tape.CLONE.newUts,
  mount: tape.CLONE.newMount,
  cgroup: tape.CLONE.newCgroup,
  time: tape.CLONE.newTime,
} as const;

/** Signals that end a guest at once with 128 + their number: HUP, INT, QUIT, TERM. */
export const endingSignals = [1, 2, 3, 15] as const;
/** Signals that JavaScript engines ignore, which exec would pass on: PIPE, XFSZ. */
const ignoredByEngines = [13, 25] as const;

/** Descriptors, signals, and the namespaces. */
export function launcherOps({
  architecture,
  namespaces,
  timeOffsets,
  oomScoreAdj,
  open,
  sessionKeyring,
}: InitOptions): readonly Op[] {
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
    ...open.flatMap(({ path, flags, lock, noSymlinks }, index) => [
      noSymlinks ? tape.openReal(path, flags) : tape.open(path, flags),
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

/** A sibling of the launcher, so that the runtime can wait for it, and an orphan once the runtime has ended. */
export function cloneOps(unified: string | undefined, options: tape.OpOptions): readonly Op[] {
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
