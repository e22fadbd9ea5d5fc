/**
 * Mode `bridge`: tap and interface are in a bridge, and address and hardware address are the guest's. The interface gets another
 * hardware address meanwhile: a bridge takes frames to one of its own for itself.
 */
import type { Netlink } from '../../core/plugin.ts';
import { giveBack, takeOff } from './held.ts';
import { attribute, join } from './rtnetlink/attributes.ts';
import { changeLink, deleteLink, findLink, IFF, indexOf, makeLink } from './rtnetlink/links.ts';
import { passing } from './rtnetlink/requests.ts';
import { bridgeName, randomMac } from './tap-name.ts';
import type { Wire } from './wiring.ts';

/** linux/if_link.h */
const IFLA_BR = { forwardDelay: 1, stp: 5, multicastSnooping: 23 } as const;

/** A bridge that forwards at once, and every multicast. */
export function makeBridge(socket: Netlink, { tap }: Wire): void {
  const data = join(
    attribute(IFLA_BR.forwardDelay, 0),
    attribute(IFLA_BR.stp, 0),
    attribute(IFLA_BR.multicastSnooping, Uint8Array.of(0)),
  );
  makeLink(socket, bridgeName(tap), 'bridge', data);
}

export function connectBridge(socket: Netlink, { tap, interface: name = '', mtu, held }: Wire): void {
  const [link, own, bridge] = [indexOf(socket, name), indexOf(socket, tap), indexOf(socket, bridgeName(tap))];
  if (held) takeOff(socket, link, held);
  setMac(socket, name, randomMac());
  changeLink(socket, own, { mtu, master: bridge, up: true }, `putting the tap ${tap} into a bridge`);
  changeLink(socket, link, { master: bridge }, `putting the interface ${name} into a bridge`);
  changeLink(socket, bridge, { up: true }, 'bringing a bridge up');
}

export function disconnectBridge(socket: Netlink, { tap, interface: name = '', mac, held }: Wire): void {
  deleteLink(socket, bridgeName(tap));
  deleteLink(socket, tap);
  const link = findLink(socket, name);
  if (link === undefined) return;
  if (mac !== undefined && link.mac !== mac) setMac(socket, name, mac);
  if (held) giveBack(socket, link.index, held);
}

function setMac(socket: Netlink, name: string, mac: string): void {
  const link = findLink(socket, name);
  if (link === undefined) return;
  const what = `changing the hardware address of ${name}`;
  const set = () => {
    changeLink(socket, link.index, { mac }, what);
    return true;
  };
  if (passing(['EBUSY'], set)) return;
  // Some drivers change it only while they are down.
  changeLink(socket, link.index, { up: false }, what);
  set();
  changeLink(socket, link.index, { up: (link.flags & IFF.up) !== 0 }, what);
}
