/**
 * Runs a program of the system in a network namespace and takes what it printed. By posix_spawn and files in memory: node:child_process and the streams
 * beneath it cost more to load than `ip` takes to run.
 */
import { accessSync, closeSync, constants } from 'node:fs';
import { RunncError } from '../errors.ts';
import { contentOf, writeAll } from './files.ts';
import { libc } from './libc.ts';
import { inNetworkNamespace } from './network-namespace.ts';
import { reap, spawnWith, waitAtMost } from './process.ts';

/** Where the system keeps its programs; PATH is whoever's that called us. */
const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];
const environment = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C'];
/** In milliseconds, and less than a plugin has for its answer: `iptables` may have to wait for another one. */
const usualTimeout = 20_000;

export interface RunResult {
  /** Exit status; 128 + signal when a signal ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunInNetworkOptions {
  /** In milliseconds. */
  readonly timeout?: number;
  /**
   * An open file that is locked (flock(2)): the program has it too, so that the lock lasts until both have ended. Whoever kills this process
   * does not end the program, which may still change something; with the container's lock, `delete` comes after it.
   */
  readonly lock?: number | undefined;
}

/**
 * Runs a program with `input` on its standard input and waits for it, on this thread: for programs that take milliseconds.
 * @throws RunncError ERR_UNSUPPORTED when the system has no such program, ERR_PROGRAM when it took too long and was ended
 */
export async function runInNetwork(
  netns: string,
  name: string,
  args: readonly string[],
  input = '',
  { timeout = usualTimeout, lock }: RunInNetworkOptions = {},
): Promise<RunResult> {
  const path = findProgram(name);
  const calls = await libc();
  const file = () => calls.call('making a file in memory', 'memfd_create', name, 1); // MFD_CLOEXEC, linux/memfd.h
  const files: number[] = [];
  try {
    for (let count = 0; count < 3; count++) files.push(file());
    const [stdin, stdout, stderr] = files as [number, number, number];
    writeAll(stdin, new TextEncoder().encode(input));
    calls.call('rewinding a file', 'lseek', stdin, 0, 0); // SEEK_SET, unistd.h
    const descriptors = [...files, ...(lock === undefined ? [] : [lock])];
    const pid = await inNetworkNamespace(netns, () =>
      spawnWith(calls, path, [name, ...args], [...descriptors.entries()], environment),
    );
    const status = waitAtMost(calls, pid, timeout);
    if (status === undefined) {
      process.kill(pid, 'SIGKILL');
      await reap(pid);
      throw new RunncError('ERR_PROGRAM', `${[name, ...args].join(' ')} took longer than ${timeout / 1000} s and was ended`);
    }
    return { status, stdout: contentOf(stdout).toString(), stderr: contentOf(stderr).toString() };
  } finally {
    for (const fd of files) closeSync(fd);
  }
}

function findProgram(name: string): string {
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this one.
    }
  }
  throw new RunncError('ERR_UNSUPPORTED', `this system has no program ${name}`, {
    hint: 'install it (nft: the package nftables)',
  });
}
