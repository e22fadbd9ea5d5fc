/** What a container's process costs in memory: the process itself, and what the kernel charges to its cgroup. */
import { readFileSync } from 'node:fs';

/** VmRSS of a process in kB (proc_pid_status(5)). */
export const residentMemory = (pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);

/** Bytes that the process's cgroup uses, user pages and kernel memory together; undefined without a memory controller. */
export function cgroupMemory(pid) {
  for (const line of readFileSync(`/proc/${pid}/cgroup`, 'latin1').trim().split('\n')) {
    const [, controllers, directory] = /^\d+:([^:]*):(.*)$/.exec(line);
    for (const file of filesOf(controllers, directory)) {
      try {
        return Number(readFileSync(file, 'latin1'));
      } catch {
        // Not that hierarchy.
      }
    }
  }
  return undefined;
}

function filesOf(controllers, directory) {
  if (controllers === '') return [`/sys/fs/cgroup${directory}/memory.current`];
  if (!controllers.split(',').includes('memory')) return [];
  return [`/sys/fs/cgroup/${controllers}${directory}/memory.usage_in_bytes`];
}

/** Where tender-hvt has guest memory (plugins/tender-hvt/addresses.ts), and how much of it there can be. */
const guestMemory = { start: 0x100000000000, end: 0x100100000000 };

/** Resident kB of an hvt guest's process outside of guest memory; undefined where that is not where runnc puts it. */
export function memoryBesideGuest(pid) {
  let [beside, inGuest, found] = [0, false, false];
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'latin1').split('\n')) {
    const start = /^([0-9a-f]+)-[0-9a-f]+ /.exec(line)?.[1];
    if (start !== undefined) {
      const address = Number.parseInt(start, 16);
      inGuest = address >= guestMemory.start && address < guestMemory.end;
      found ||= inGuest;
    }
    if (!inGuest) beside += Number(/^Rss:\s+(\d+) kB$/.exec(line)?.[1] ?? 0);
  }
  return found ? beside : undefined;
}
