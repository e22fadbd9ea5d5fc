/** `start`'s side of the exec fifo: lets init become the guest, and hears whether it did. */
import { closeSync, constants, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../../errors.ts';
import { descriptor } from '../../launch/protocol.ts';
import { decodeReport, failureOf, labelsFile, reportSize, type TapeLabels } from '../../launch/report.ts';
import type { TapeImage } from '../../launch/tape.ts';
import { execFifo } from '../../state/record.ts';
import { isAlive, type ProcessIdentity } from '../../sys/process.ts';
import { sleep } from '../../sys/sleep.ts';

/** How long the guest's set-up may take before `start` gives up, in milliseconds. */
const patience = 30_000;

/** Writes the tender's tape into the file that init holds open, through /proc/PID/fd. */
export function writeTender({ pid }: ProcessIdentity, { image }: TapeImage): void {
  writeFileSync(`/proc/${pid}/fd/${descriptor.tender}`, image);
}

/**
 * Opens the fifo and reads what the tapes report until the guest runs. `labels` are those of the tender's tape, unless `create` laid
 * it out, which keeps those that it knows in a file.
 * @throws RunncError ERR_LAUNCH
 */
export async function releaseInit(init: ProcessIdentity, directory: string, labels?: readonly string[]): Promise<void> {
  const fifo = join(directory, execFifo);
  // Without blocking: opening must not hang should init die this moment.
  const fd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const started = await readReports(fd, init, fifo, () => ({ ...readLabels(directory), ...(labels ? { 2: labels } : {}) }));
    if (!started) throw new RunncError('ERR_LAUNCH', 'the container was killed while it was started');
  } finally {
    closeSync(fd);
  }
}

const readLabels = (directory: string) => JSON.parse(readFileSync(join(directory, labelsFile), 'utf8')) as TapeLabels;

/** True when the tape was played to its end: "started" was said and the writing end closed after it. */
async function readReports(fd: number, init: ProcessIdentity, fifo: string, labels: () => TapeLabels): Promise<boolean> {
  const bytes = Buffer.alloc(reportSize);
  const giveUp = performance.now() + patience;
  let started = false;
  for (let idle = 0; performance.now() < giveUp; ) {
    // Asked before reading: what a guest that ended at once has said is in the fifo by then.
    const alive = idle <= 20 || isAlive(init);
    const count = readNow(fd, bytes);
    if (count === reportSize) {
      const report = decodeReport(bytes);
      if (report.kind === 'failed') throw failureOf(report, labels());
      started ||= report.kind === 'started';
      // Not earlier: init may only just be about to open it.
      rmSync(fifo, { force: true });
      continue;
    }
    // End of file: before init has opened its end, or after it has closed it.
    if (count === 0 && started) return true;
    if (!alive) return started;
    // The first rounds spin: init needs some tens of microseconds.
    idle += 1;
    if (idle > 20) await sleep(Math.min(idle - 20, 20));
  }
  throw new RunncError('ERR_LAUNCH', `the guest was not set up within ${patience / 1000} s`);
}

/** Bytes read: 0 at the end of file, -1 when there is nothing yet. */
function readNow(fd: number, bytes: Buffer): number {
  try {
    return readSync(fd, bytes, 0, bytes.length, null);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return -1;
    throw error;
  }
}
