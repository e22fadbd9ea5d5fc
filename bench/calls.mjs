/** The system calls between the execve of a launch tape and the guest's first instruction, as strace sees them. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The launcher lies far above guest memory: what is called from below this address is called by the guest. */
const guestEnd = 2 ** 40;

/** Attaches to a created container, lets `start` start it, and returns the names in their order. */
export async function callsOfTape(pid, output, start) {
  const strace = spawn('strace', ['-f', '-i', '-o', output, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const failed = new Promise((_, reject) => strace.on('error', () => reject(new Error('strace is not installed'))));
  const ended = new Promise((resolve) => strace.on('exit', resolve));
  await Promise.race([new Promise((resolve) => strace.stderr.once('data', resolve)), ended, failed]);
  start();
  await Promise.race([ended, sleep(10_000, undefined, { ref: false })]);
  strace.kill();
  return namesIn(readFileSync(output, 'latin1'));
}

/** Lines read `PID [ADDRESS] NAME(...) = RESULT`. */
export function namesIn(text) {
  const calls = [...text.matchAll(/^\d+ +\[([0-9a-f]+)\] (\w+)\(/gm)].map(([, address, name]) => ({
    name,
    address: Number.parseInt(address, 16),
  }));
  const execve = calls.findIndex(({ name }) => name.startsWith('execve'));
  const first = calls.findIndex(({ address }, index) => index > execve && address < guestEnd);
  if (execve < 0 || first < 0) throw new Error(`no guest was seen to start:\n${text}`);
  return calls.slice(execve + 1, first).map(({ name }) => name);
}
