/** Makes the ways to a name server of the namespace, and takes them back. */
import type { Host } from '../../../core/plugin.ts';
import { problem } from '../problem.ts';
import { deleteLink } from '../rtnetlink/links.ts';
import { writeSettings } from '../sysctl.ts';
import type { ResolverLink } from './links.ts';
import { deviceSettings, rules, withoutRules } from './rules.ts';
import { catchQuestions, leadBack, makeDevice } from './wiring.ts';

type Tools = Pick<Host, 'runInNetwork' | 'inNetwork' | 'netlink'>;

/**
 * With the taps connected. Whether it was done: a system without nft has no way, and the guest may do without names.
 * @throws Error ERR_NETWORK
 */
export async function connectResolver(tools: Tools, netns: string, links: readonly ResolverLink[]): Promise<boolean> {
  if (links.length === 0) return false;
  const socket = await tools.netlink(netns);
  try {
    for (const link of links) makeDevice(socket, link);
    await tools.inNetwork(netns, () => {
      for (const link of links) writeSettings(deviceSettings(link));
    });
    for (const link of links) leadBack(socket, link);
    const done = await nft(tools, netns, links.map((link) => withoutRules(link) + rules(link)).join(''));
    if (done === undefined) return false;
    if (done !== '') throw new Error(done);
    for (const link of links) catchQuestions(socket, link);
    return true;
  } catch (error) {
    throw problem(`making a way to the name server of the container: ${(error as Error).message}`);
  } finally {
    socket.close();
  }
}

/** Whatever is left of them; the filters go with the taps. */
export async function disconnectResolver(tools: Tools, netns: string, links: readonly ResolverLink[] = []): Promise<void> {
  if (links.length === 0) return;
  const devices = links.filter(({ device, tap }) => device !== tap);
  if (devices.length > 0) {
    const socket = await tools.netlink(netns);
    for (const { device } of devices) deleteLink(socket, device);
    socket.close();
  }
  await nft(tools, netns, links.map(withoutRules).join(''));
}

/** What it complained of, nothing if all is well; undefined where the system has no such program. */
async function nft({ runInNetwork }: Tools, netns: string, input: string): Promise<string | undefined> {
  try {
    const { status, stderr } = await runInNetwork(netns, 'nft', ['-f', '-'], input);
    return status === 0 ? '' : stderr.trim() || `nft ended with ${status}`;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_UNSUPPORTED') throw error;
    return undefined;
  }
}
