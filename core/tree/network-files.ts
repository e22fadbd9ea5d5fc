/**
 * The files that engines make for each container, as they are at `start`. At `create` engines have often not finished them: Docker writes the
 * container's addresses into /etc/hosts, and its name server into /etc/resolv.conf, when it has connected the container.
 */

import type { Network } from '../plugin/devices.ts';
import type { Container } from '../plugin.ts';
import { type Graft, mountsOf } from './mounts.ts';
import type { Limits } from './tree.ts';

/** With the name servers that the guest can reach in place of those that it cannot. @throws Error ERR_IMAGE as `mountsOf` */
export function filesAtStart(container: Container, network: Network, limits: Limits): readonly Graft[] {
  const mounts = container.mounts.filter(({ destination }) => destination.startsWith('/etc/'));
  return mountsOf({ ...container, mounts }, limits).files.map((file) => {
    const { content } = file.entry.data;
    if (file.destination !== '/etc/resolv.conf' || content === undefined) return file;
    const text = Buffer.from(resolvConf(content.toString('latin1'), network.nameServers), 'latin1');
    return { ...file, entry: { ...file.entry, data: { size: text.length, content: text } } };
  });
}

/** A resolv.conf with these name servers, and what else it says as it is (resolv.conf(5)). */
export function resolvConf(text: string, nameServers: readonly string[]): string {
  const isServer = (line: string) => /^nameserver\s/.test(line);
  const lines = text.split('\n');
  const own = lines.filter(isServer).map((line) => line.split(/\s+/)[1]);
  if (own.join() === nameServers.join()) return text;
  return [...nameServers.map((address) => `nameserver ${address}`), ...lines.filter((line) => !isServer(line))].join('\n');
}
