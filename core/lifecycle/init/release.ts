/** `start`'s side of the exec fifo: lets init become the guest, and hears whether it did. */
import { closeSync, constants, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../../errors.ts';
import { descriptor } from '../../launch/protocol.ts';
import { decodeReport, failureOf, reportSize, type TapeLabels } from '../../launch/report.ts';
import type { TapeImage } from '../../launch/tape.ts';
import { execFifo } from '../../state/record.ts';
import { isAlive, type ProcessIdentity } from '../../sys/process.ts';
import { sleep } from '../../sys/sleep.ts';

/** How long the guest's set-up may take before `start` gives up, in milliseconds. */
const patience = 30_000;

/** Writes the tender's tape into the file that init holds open, through /proc/PID/fd. */
export function writeTender({ pid }: ProcessIdentity, directory: string, { image, labels }: TapeImage): void {
  writeFileSync(`/proc/${pid}/fd/${descriptor.tender}`, image);
  const file = join(directory, 'labels.json');
  const known = JSON.parse(readFileSync(file, 'utf8')) as TapeLabels;
  writeFileSync(file, JSON.stringify({ ...known, 2: labels }), { mode: 0o600 });
}

/**
 * Opens the fifo and reads what the tapes report until the guest runs.
 * @throws RunncError ERR_LAUNCH
 */
export async function releaseInit(init: ProcessIdentity, directory: string): Promise<void> {
  const fifo = join(directory, execFifo);
  // Without blocking: opening must not hang should init die this moment.
  const fd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const started = await readReports(fd, init, directory);
    if (!started) throw new RunncError('ERR_LAUNCH', 'the container was killed while it was started');
  } finally {
    closeSync(fd);
  }
}

/** True when the tape was played to its end: "started" was said and the writing end closed after it. */
async function readReports(fd: number, init: ProcessIdentity, directory: string): Promise<boolean> {
  const bytes = Buffer.alloc(reportSize);
  const giveUp = performance.now() + patience;
  let started = false;
  for (let idle = 0; performance.now() < giveUp; ) {
    // Asked before reading: what a guest that ended at once has said is in the fifo by then.
    const alive = idle <= 20 || isAlive(init);
    const count = readNow(fd, bytes);
    if (count === reportSize) {
      const report = decodeReport(bytes);
      if (report.kind === 'failed')
        throw failureOf(report, JSON.parse(readFileSync(join(directory, 'labels.json'), 'utf8')) as TapeLabels);
      started ||= report.kind === 'started';
      // Not earlier: init may only just be about to open it.
      rmSync(join(directory, execFifo), { force: true });
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
