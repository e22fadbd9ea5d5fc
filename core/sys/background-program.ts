/** Runs a program of the system beside this one and takes what it printed later. Loads nothing of node:child_process. */
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { contentOf } from './files.ts';
import { libc } from './libc.ts';
import { exitStatus, spawnImage } from './process.ts';

const MFD_CLOEXEC = 1; // linux/memfd.h

export interface BackgroundProgram {
  /** What it printed; waits for it, on this thread. Undefined when it ended with a status other than 0. */
  result(): Promise<Buffer | undefined>;
  /** Ends it, if it goes on: nobody has use for what it prints. */
  end(): void;
}

/** Undefined where there is no such program. Standard error goes nowhere; the environment is empty. */
export async function startProgram(path: string, args: readonly string[]): Promise<BackgroundProgram | undefined> {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return undefined;
  }
  const { call } = await libc();
  const output = call('making a file in memory', 'memfd_create', path, MFD_CLOEXEC);
  const nowhere = openSync('/dev/null', 'r+');
  let pid: number;
  try {
    pid = await spawnImage(
      path,
      [path, ...args],
      [
        [0, nowhere],
        [1, output],
        [2, nowhere],
      ],
    );
  } catch (error) {
    closeSync(output);
    throw error;
  } finally {
    closeSync(nowhere);
  }
  let isThere = true;
  const wait = () => {
    isThere = false;
    const status = [0];
    call(`waiting for ${path}`, 'wait4', pid, status, 0, null);
    return exitStatus(status[0] as number);
  };
  return {
    async result() {
      try {
        return wait() === 0 ? contentOf(output) : undefined;
      } finally {
        closeSync(output);
      }
    },
    end() {
      if (!isThere) return;
      process.kill(pid, 'SIGKILL');
      wait();
      closeSync(output);
    },
  };
}
