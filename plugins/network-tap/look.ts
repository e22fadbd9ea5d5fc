/** Looks at the interfaces of a container; engines may still be adding them. */
import type { Netlink } from '../../core/plugin.ts';
import { type Interface, interfacesIn } from './interfaces.ts';
import { readAddresses } from './rtnetlink/addresses.ts';
import { readLinks } from './rtnetlink/links.ts';
import { readRoutes } from './rtnetlink/routes.ts';

/** How long between two looks, in milliseconds. */
const pause = 25;

/**
 * The interfaces of a namespace, once at least `count` of them are up with an address; or when `wait` milliseconds are over, those
 * that are there. After a wait two looks have to agree: addresses come before routes.
 */
export async function lookForInterfaces(socket: Netlink, count: number, wait: number): Promise<readonly Interface[]> {
  const end = performance.now() + wait;
  let before: string | undefined;
  for (let waited = false; ; waited = true) {
    const listing = { links: readLinks(socket), addresses: readAddresses(socket), routes: readRoutes(socket) };
    const interfaces = interfacesIn(listing);
    const answer = waited ? JSON.stringify(interfaces.map(({ messages: _, ...each }) => each)) : undefined;
    // One that another unikernel has is without an address as long as it has it.
    const ready = interfaces.filter(({ addresses, takenBy }) => addresses.length > 0 || takenBy !== undefined).length >= count;
    if ((ready && (!waited || answer === before)) || performance.now() >= end) return interfaces;
    before = answer;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
