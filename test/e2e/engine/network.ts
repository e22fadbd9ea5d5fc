/** The network namespace an engine lives in: what Docker does to bridges, addresses and iptables ends with it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';

/** Makes a network namespace that a file in `folder` holds (`ip netns` would leave a mount on /run/netns); returns that file. */
export async function makeNetwork(folder: string): Promise<string> {
  const file = path.join(folder, 'network');
  writeFileSync(file, '');
  await execa('unshare', [`--net=${file}`, 'ip', 'link', 'set', 'lo', 'up']);
  return file;
}

/** The command that runs `command` in there. */
export function inNetwork(file: string, command: readonly string[]): readonly [program: string, ...args: string[]] {
  return ['nsenter', `--net=${file}`, '--', ...command];
}

/** Whether Docker can have its firewall rules in there. */
export async function hasIptables(file: string): Promise<boolean> {
  const [program, ...args] = inNetwork(file, ['iptables', '--table', 'nat', '--list-rules']);
  return (await execa(program, args, { reject: false })).exitCode === 0;
}
