/**
 * Mode `macvtap`: a macvtap on the interface is the guest's device, without anything between the two. It passes everything through
 * and has the interface's hardware address; the address is the guest's.
 */
import type { Host, Netlink } from '../../core/plugin.ts';
import { giveBack, takeOff } from './held.ts';
import { attribute } from './rtnetlink/attributes.ts';
import { changeLink, deleteLink, findLink, indexOf, makeLink } from './rtnetlink/links.ts';
import type { Wire } from './wiring.ts';

/** linux/if_link.h */
const IFLA_MACVLAN_MODE = 1;
const MACVLAN_MODE_PASSTHRU = 8;

export function makeMacvtap(socket: Netlink, { tap, interface: name = '' }: Wire): void {
  makeLink(socket, tap, 'macvtap', attribute(IFLA_MACVLAN_MODE, MACVLAN_MODE_PASSTHRU), { lower: indexOf(socket, name) });
}

export function connectMacvtap(socket: Netlink, { tap, interface: name = '', held }: Wire): void {
  if (held) takeOff(socket, indexOf(socket, name), held);
  // A macvtap has no program's multicast groups: without this the guest would miss what its neighbours ask by IPv6.
  changeLink(socket, indexOf(socket, tap), { up: true, allMulticast: true }, `bringing the macvtap ${tap} up`);
}

export function disconnectMacvtap(socket: Netlink, { tap, interface: name = '', held }: Wire): void {
  deleteLink(socket, tap);
  const link = findLink(socket, name);
  if (link && held) giveBack(socket, link.index, held);
}

/** Opens a macvtap, for the guest: the character device that sysfs has below it (drivers/net/tap.c). */
export async function openMacvtap(host: Pick<Host, 'netlink' | 'openDevice'>, netns: string, tap: string): Promise<number> {
  const socket = await host.netlink(netns);
  try {
    return await host.openDevice(netns, `class/net/${tap}/macvtap/tap${indexOf(socket, tap)}`);
  } finally {
    socket.close();
  }
}
