/** Mode `routed` in the kernel; what it is about is in routed.ts, its settings in routed-settings.ts. */
import type { Netlink } from '../../core/plugin.ts';
import { addressOf, isFamily } from './addresses.ts';
import { gateway6 } from './routed.ts';
import { addAddress, deleteAddress, messageOf } from './rtnetlink/addresses.ts';
import { changeLink, deleteLink, findLink, indexOf } from './rtnetlink/links.ts';
import { addProxy, deleteProxy, setNeighbour } from './rtnetlink/neighbours.ts';
import { addHostRoute, disownAddress, ownAddress } from './rtnetlink/routes.ts';
import type { Wire } from './wiring.ts';

/**
 * When the settings are in place: the guest's addresses are behind the tap now, and the kernel answers for them at the interface. An
 * IPv4 address stays there, where engines look for it, and is only not the kernel's own any more. One of IPv6 cannot stay: the
 * kernel would use it to ask for its neighbours, whose answers would go to the guest.
 */
export function connectRouted(
  socket: Netlink,
  { tap, interface: name = '', mtu, addresses = [], mac = '', gateway }: Wire,
): void {
  const [link, own] = [indexOf(socket, name), indexOf(socket, tap)];
  changeLink(socket, own, { mtu, up: true }, `bringing the tap ${tap} up`);
  if (addresses.some((address) => isFamily(address, 6))) addAddress(socket, own, `${gateway6}/64`);
  if (gateway !== undefined) addAddress(socket, own, `${gateway}/32`);
  for (const text of addresses) {
    const address = addressOf(text);
    if (isFamily(text, 4)) disownAddress(socket, address, link);
    else deleteAddress(socket, link, messageOf(link, text));
    addHostRoute(socket, address, own);
    setNeighbour(socket, address, mac, own);
    addProxy(socket, address, link);
  }
}

/** What concerns the tap goes with it. */
export function disconnectRouted(socket: Netlink, { tap, interface: name = '', addresses = [] }: Wire): void {
  deleteLink(socket, tap);
  const link = findLink(socket, name)?.index;
  if (link === undefined) return;
  for (const text of addresses) {
    const address = addressOf(text);
    deleteProxy(socket, address, link);
    if (isFamily(text, 4)) ownAddress(socket, address, link);
    else addAddress(socket, link, text);
  }
}
