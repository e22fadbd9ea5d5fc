/** Where the host has changed a name too, it keeps it, and what the guest has is put beside. */
import { putFile } from './carry-file.ts';
import { type Carrying, modeOf, renamed, type Step } from './carry-step.ts';
import { named } from './failure.ts';
import type { Known } from './known.ts';

const longestName = 255;

/** `folder` carries a folder to a name of its own. What is known stays as it was. */
export function carryBeside(all: Carrying, step: Step, folder: (step: Step) => void): Known | undefined {
  const { guest, where, old } = step;
  const suffix = Buffer.from(`.runnc-conflict-${all.id}`);
  for (let count = 1; ; count++) {
    const end = count === 1 ? suffix : Buffer.concat([suffix, Buffer.from(`-${count}`)]);
    const name = Buffer.concat([guest.name.subarray(0, longestName - end.length), end]);
    const host = step.folder.stat(name);
    const mode = modeOf(guest, undefined, where, all.outcome);
    if (host && (guest.entries ? !host.isDirectory() : !all.same.inAll(step.folder, name, guest, mode, host))) continue;
    const beside: Step = { ...step, old: undefined, guest: { ...guest, name }, host, where: renamed(where, name) };
    if (guest.entries) folder(beside);
    else if (!host) putFile(all, beside);
    all.outcome.tell(
      `the host has changed ${named(where.path)} too: what the guest has is beside it, as ${named(name.toString('latin1'))}`,
    );
    return old;
  }
}
