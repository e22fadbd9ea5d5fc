/** Being in another network namespace for as long as one function runs: setns(2) changes the calling thread only. */
import { closeSync, openSync } from 'node:fs';
import { networkCalls } from '#network-calls';

const CLONE_NEWNET = 0x40000000; // linux/sched.h

/**
 * Calls `work` with the engine's thread in the network namespace at `path`. What it starts begins there, sockets that it opens
 * belong there, and /proc/sys/net is the one of that namespace. `work` must not wait: other code would run in there too.
 * @throws SysError when the namespace cannot be entered
 */
export async function inNetworkNamespace<Result>(path: string, work: () => Result): Promise<Result> {
  const { setns } = await networkCalls();
  const own = openSync('/proc/thread-self/ns/net', 'r');
  try {
    const other = openSync(path, 'r');
    try {
      setns(`entering the network namespace ${path}`, other, CLONE_NEWNET);
    } finally {
      closeSync(other);
    }
    try {
      return work();
    } finally {
      setns('leaving a network namespace', own, CLONE_NEWNET);
    }
  } finally {
    closeSync(own);
  }
}
