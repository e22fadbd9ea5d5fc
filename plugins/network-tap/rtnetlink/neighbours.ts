/** Neighbours: RTM_*NEIGH with struct ndmsg (linux/neighbour.h). */
import type { Netlink } from '../../../core/plugin.ts';
import { attribute, join, viewOf } from './attributes.ts';
import { AF, CREATE, ifNone, REPLACE } from './requests.ts';
import { addressBytes, macBytes } from './text.ts';

const RTM_NEWNEIGH = 28;
const RTM_DELNEIGH = 29;
const NDA = { destination: 1, mac: 2 } as const;
const NUD_PERMANENT = 0x80;
const NTF_PROXY = 8;

function neighbour(address: string, link: number, state: number, flags: number, mac?: string): Uint8Array {
  const header = new Uint8Array(12);
  header[0] = address.includes(':') ? AF.inet6 : AF.inet;
  const view = viewOf(header);
  view.setInt32(4, link, true);
  view.setUint16(8, state, true);
  header[10] = flags;
  return join(
    header,
    attribute(NDA.destination, addressBytes(address)),
    ...(mac === undefined ? [] : [attribute(NDA.mac, macBytes(mac))]),
  );
}

/** Says for good which hardware address has an address. */
export function setNeighbour(socket: Netlink, address: string, mac: string, link: number): void {
  const body = neighbour(address, link, NUD_PERMANENT, 0, mac);
  socket.request(`saying where ${address} is`, RTM_NEWNEIGH, CREATE | REPLACE, body);
}

/** Has the kernel answer at a link for an address that is elsewhere. */
export function addProxy(socket: Netlink, address: string, link: number): void {
  const body = neighbour(address, link, NUD_PERMANENT, NTF_PROXY);
  socket.request(`answering for ${address}`, RTM_NEWNEIGH, CREATE | REPLACE, body);
}

export function deleteProxy(socket: Netlink, address: string, link: number): void {
  ifNone(() => socket.request(`not answering for ${address}`, RTM_DELNEIGH, 0, neighbour(address, link, 0, NTF_PROXY)));
}
