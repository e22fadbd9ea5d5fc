/** runnc killed at a system call of a test's choice, by strace(1). */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { inject } from 'vitest';

/** A system call, and the how many-th of its name: that is how strace counts. */
export interface Step {
  readonly call: string;
  readonly count: number;
  /** What strace says of it, for people. */
  readonly text: string;
}

/**
 * Calls that change something of the network, or what is written down of it. Files in memory and those that get their name by
 * rename(2) are nobody's until then.
 */
const effects = [
  // Requests that only ask are the third of each four kinds (linux/rtnetlink.h).
  (text: string) => text.startsWith('send') && Number(/nlmsg_type=(0x[0-9a-f]+)/.exec(text)?.[1] ?? 2) % 4 !== 2,
  (text: string) => /^ioctl\(.*, TUNSET/.test(text),
  (text: string) => /^write\(\d+<\/proc\/sys\/net\//.test(text),
  // What nft(8) is to do: it is started next.
  (text: string) => /^write\(\d+<\/memfd:nft/.test(text),
  (text: string) => /^(rename|renameat2?|unlink|fsmount)\(/.test(text),
];
const calls = 'sendto,sendmsg,ioctl,write,rename,renameat,renameat2,unlink,fsmount';

/** Runs runnc to its end, and tells which of its system calls changed something. */
export async function stepsOf(command: readonly string[]): Promise<readonly Step[]> {
  const counts = new Map<string, number>();
  const { lines } = await traced([`trace=${calls}`], command);
  // The kernel has a setting written once more when somebody else is changing a network.
  const steps = lines.filter(isDone).map((text): Step => {
    const call = /^\w+(?=\()/.exec(text)?.[0] ?? '';
    const count = (counts.get(call) ?? 0) + 1;
    counts.set(call, count);
    return { call, count, text };
  });
  return steps.filter(({ text }) => effects.some((fits) => fits(text)));
}

/** Runs runnc and kills it before that system call. */
export async function killedBefore({ call, count, text }: Step, command: readonly string[]): Promise<void> {
  const { lines, ended } = await traced([`trace=${call}`, `inject=${call}:signal=KILL:when=${count}`], command);
  const last = lines.findLast((line) => line.startsWith(call)) ?? '';
  // Then it came to an earlier one.
  const again = !lines.slice(0, -1).every(isDone);
  if (ended === 'SIGKILL' && (again || gist(last) === gist(text))) return;
  throw new Error(`ended with ${ended} at ${last} in place of ${text}`);
}

const isDone = (line: string) => !line.includes(' ERESTART');
/** Without what differs from one container to the next. */
const gist = (text: string) => text.replaceAll(/runnc-network-\w+|[0-9a-f]{10,}|\d+| = .*/g, '').slice(0, 60);

/** What strace wrote, and the status or signal with which it ended. */
async function traced(expressions: readonly string[], command: readonly string[]) {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-strace-'));
  try {
    const file = path.join(folder, 'trace');
    const options = ['-qq', '-y', '-o', file, ...expressions.flatMap((expression) => ['-e', expression])];
    const { exitCode, signal, stderr } = await execa('strace', [...options, inject('runnc'), ...command], { reject: false });
    const ended = exitCode === 128 + 9 ? 'SIGKILL' : (signal ?? exitCode);
    if (ended !== 'SIGKILL' && ended !== 0) throw new Error(`ended with ${ended}: ${stderr}`);
    return { lines: readFileSync(file, 'utf8').trim().split('\n'), ended };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
