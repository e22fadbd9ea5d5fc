/** Locks on folders: one command at a time, given back by the kernel when its holder ends. */
import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { RunncError } from '../errors.ts';
import { sleep } from '../sys/sleep.ts';

/** How long a command waits for another one, in milliseconds. */
const lockPatience = 10_000;
const patienceText = `for more than ${lockPatience / 1000} s`;
const hint = 'see what it waits for, or end it';

/** @throws RunncError `busy` when somebody else has it for too long, SysError when the kernel gives nobody this lock */
async function lockFolder(fd: number, what: string, busy: string): Promise<void> {
  const { tryLock } = await import('#flock');
  const giveUp = performance.now() + lockPatience;
  for (let wait = 1; !(await tryLock(fd, `locking ${what}`)); wait = Math.min(wait * 2, 50)) {
    if (performance.now() > giveUp) throw new RunncError('ERR_BUSY', busy, { hint });
    await sleep(wait);
  }
}

/** Locks a container's folder. @throws RunncError ERR_BUSY, SysError */
export const lock = (fd: number, id: string): Promise<void> =>
  lockFolder(
    fd,
    `the folder of container ${id}`,
    `container ${id} is held by another runnc command, or a program that one has run, ${patienceText}`,
  );

/**
 * Runs `work` while no other command does so for a container of the same root folder. That folder is locked itself: it stays, while a file for
 * this would have to be removed by somebody, and nobody but root can open it.
 * @throws RunncError ERR_BUSY, SysError
 */
export async function inTurn<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  const root = dirname(directory);
  const fd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await lockFolder(fd, root, `${root} is held by another runnc command ${patienceText}`);
    return await work();
  } finally {
    closeSync(fd);
  }
}

/** Whether the open folder is still the one of that name. */
export function sameFile(fd: number, path: string): boolean {
  const here = fstatSync(fd);
  try {
    const there = statSync(path);
    return here.ino === there.ino && here.dev === there.dev;
  } catch {
    // Removed meanwhile.
    return false;
  }
}
