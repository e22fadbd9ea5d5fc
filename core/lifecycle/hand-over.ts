/** Hands open files to the container's first process: it has both ends of a socket, and the tender's tape reads from it. */
import { closeSync } from 'node:fs';
import { networkCalls } from '#network-calls';
import type { Mailbox } from '../launch/protocol.ts';
import type { NetworkCalls } from '../sys/network-calls.ts';
import type { ProcessIdentity } from '../sys/process.ts';
import { sendDescriptor } from '../sys/send-descriptor.ts';

const FIONREAD = 0x541b; // asm-generic/ioctls.h

/** Numbers of system calls that all architectures share (asm-generic/unistd.h, since Linux 5.6). */
const SYS = { pidfdOpen: 434, pidfdGetfd: 438 } as const;

/** Puts files into the mailbox, and closes them here. What a `start` has left that was killed is taken out first. */
export async function handOver({ pid }: ProcessIdentity, { send, receive }: Mailbox, files: readonly number[]): Promise<void> {
  const calls = await networkCalls();
  const what = "handing open files to the container's process";
  const close: number[] = [...files];
  try {
    const process = calls.syscall(what, SYS.pidfdOpen, pid, 0);
    close.push(process);
    const [socket, other] = [send, receive].map((end) => {
      const fd = calls.syscall(what, SYS.pidfdGetfd, process, end, 0);
      close.push(fd);
      return fd;
    }) as [number, number];
    empty(calls, what, other);
    for (const file of files) sendDescriptor(calls, what, socket, file, 'f');
  } finally {
    for (const fd of close) closeSync(fd);
  }
}

/** Takes all out; without room for their files the kernel closes those. */
function empty({ ioctl, recv }: NetworkCalls, what: string, socket: number): void {
  const waiting = Buffer.alloc(4);
  // Asked first: an error for nothing costs more than all of this.
  while (ioctl(what, socket, FIONREAD, waiting) === 0 && waiting.readInt32LE(0) > 0) recv(what, socket, new Uint8Array(1), 1, 0);
}
