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
import type { Op } from '../plugin.ts';
import * as tape from './calls.ts';
import { cloneOps, launcherOps } from './init/launcher.ts';
import type { InitOptions } from './init/options.ts';
import { cgroupOps, setUpOps, waitOps } from './init/process.ts';
import { descriptor, report } from './protocol.ts';

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
