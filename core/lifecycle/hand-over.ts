/** Hands open files to the container's first process: it has both ends of a socket, and the tender's tape reads from it. */
import { closeSync } from 'node:fs';
import { networkCalls } from '#network-calls';
import type { Mailbox } from '../launch/protocol.ts';
import type { ProcessIdentity } from '../sys/process.ts';
import { sendDescriptor } from '../sys/send-descriptor.ts';

/** Numbers of system calls that all architectures share (asm-generic/unistd.h, since Linux 5.6). */
const SYS = { pidfdOpen: 434, pidfdGetfd: 438 } as const;

/** Puts files into the mailbox, and closes them here. */
export async function handOver({ pid }: ProcessIdentity, { send }: Mailbox, files: readonly number[]): Promise<void> {
  const calls = await networkCalls();
  const what = "handing open files to the container's process";
  const close: number[] = [...files];
  try {
    const process = calls.syscall(what, SYS.pidfdOpen, pid, 0);
    close.push(process);
    const socket = calls.syscall(what, SYS.pidfdGetfd, process, send, 0);
    close.push(socket);
    for (const file of files) sendDescriptor(calls, what, socket, file, 'f');
  } finally {
    for (const fd of close) closeSync(fd);
  }
}
