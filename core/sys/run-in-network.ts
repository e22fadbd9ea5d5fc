/**
 * Runs a program of the system in a network namespace and takes what it printed. By posix_spawn and files in memory: node:child_process and the streams
 * beneath it cost more to load than `ip` takes to run.
 */
import { accessSync, closeSync, constants, fstatSync, readSync } from 'node:fs';
import { RunncError } from '../errors.ts';
import { writeAll } from './files.ts';
import { libc } from './libc.ts';
import { inNetworkNamespace } from './network-namespace.ts';
import { exitStatus } from './process.ts';

/** Where the system keeps its programs; PATH is whoever's that called us. */
const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];
const environment = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C'];
const fileActionsSize = 256; // glibc's posix_spawn_file_actions_t is 80 bytes on 64-bit machines

export interface RunResult {
  /** Exit status; 128 + signal when a signal ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program with `input` on its standard input and waits for it, on this thread: for programs that take milliseconds.
 * @throws RunncError ERR_UNSUPPORTED when the system has no such program
 */
export async function runInNetwork(netns: string, name: string, args: readonly string[], input = ''): Promise<RunResult> {
  const path = findProgram(name);
  const { call } = await libc();
  const file = () => call('making a file in memory', 'memfd_create', name, 1); // MFD_CLOEXEC, linux/memfd.h
  const files: number[] = [];
  try {
    for (let count = 0; count < 3; count++) files.push(file());
    const [stdin, stdout, stderr] = files as [number, number, number];
    writeAll(stdin, new TextEncoder().encode(input));
    call('rewinding a file', 'lseek', stdin, 0, 0); // SEEK_SET, unistd.h
    const spawn = await spawner(path, [name, ...args], files);
    const pid = await inNetworkNamespace(netns, spawn);
    const status = [0];
    call(`waiting for ${name}`, 'wait4', pid, status, 0, null);
    return { status: exitStatus(status[0] as number), stdout: contentOf(stdout), stderr: contentOf(stderr) };
  } finally {
    for (const fd of files) closeSync(fd);
  }
}

async function spawner(path: string, argv: readonly string[], descriptors: readonly number[]): Promise<() => number> {
  const { call, raw } = await libc();
  return () => {
    const actions = Buffer.alloc(fileActionsSize);
    raw('posix_spawn_file_actions_init', actions);
    try {
      for (const [there, here] of descriptors.entries()) raw('posix_spawn_file_actions_adddup2', actions, here, there);
      const pid = [0];
      const { result } = raw('posix_spawn', pid, path, actions, null, [...argv, null], [...environment, null]);
      if (result !== 0) throw new RunncError('ERR_SYSCALL', `starting ${path}: errno ${result}`);
      return pid[0] as number;
    } finally {
      call('freeing file actions', 'posix_spawn_file_actions_destroy', actions);
    }
  };
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

function contentOf(fd: number): string {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(fd, bytes, at, bytes.length - at, at);
    if (read === 0) break;
    at += read;
  }
  return bytes.toString('utf8');
}
