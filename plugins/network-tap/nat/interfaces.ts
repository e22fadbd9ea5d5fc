/** The interfaces of a namespace by which a guest behind it reaches others. */
import type { Host } from '../../../core/plugin.ts';
import { IFF, type Link, readLinks } from '../rtnetlink/links.ts';

/** How long between two looks, in milliseconds. */
const pause = 25;

/** All that are up, but the loopback and taps; waits for the first one for `wait` milliseconds. */
export async function interfacesFor(host: Pick<Host, 'netlink'>, netns: string, wait: number): Promise<readonly Link[]> {
  const end = performance.now() + wait;
  const socket = await host.netlink(netns);
  try {
    for (;;) {
      const links = readLinks(socket).filter(({ flags, kind }) => flags & IFF.up && !(flags & IFF.loopback) && kind !== 'tun');
      if (links.length > 0 || performance.now() >= end) return links;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  } finally {
    socket.close();
  }
}
