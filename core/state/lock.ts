/** The lock on a container's folder: one command at a time, given back by the kernel when its holder ends. */
import { fstatSync, statSync } from 'node:fs';
import { RunncError } from '../errors.ts';
import { sleep } from '../sys/sleep.ts';

/** How long a command waits for another one that works on the same container. */
const lockPatience = 10_000;

/** @throws RunncError ERR_BUSY when somebody else has it for too long, SysError when the kernel gives nobody this lock */
export async function lock(fd: number, id: string): Promise<void> {
  const { tryLock } = await import('#flock');
  const giveUp = performance.now() + lockPatience;
  for (let wait = 1; !(await tryLock(fd, `locking the folder of container ${id}`)); wait = Math.min(wait * 2, 50)) {
    if (performance.now() > giveUp) {
      throw new RunncError(
        'ERR_BUSY',
        `container ${id} is held by another runnc command, or a program that one has run, for more than ${lockPatience / 1000} s`,
        {
          hint: 'see what it waits for, or end it',
        },
      );
    }
    await sleep(wait);
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
