/**
 * What is made for the way to the name server, beside its rules: where questions come in at the tap itself, a route and a neighbour; where the
 * tap is a bridge's or a macvtap, a pair of links of ours as well.
 */
import type { Netlink } from '../../../core/plugin.ts';
import { addAddress } from '../rtnetlink/addresses.ts';
import { attribute, nested } from '../rtnetlink/attributes.ts';
import { addBothWays, addFilter, type Key } from '../rtnetlink/filters.ts';
import { changeLink, deleteLink, findLink, indexOf, makeLink } from '../rtnetlink/links.ts';
import { setNeighbour } from '../rtnetlink/neighbours.ts';
import { addHostRoute } from '../rtnetlink/routes.ts';
import { addressBytes } from '../rtnetlink/text.ts';
import { addIngress } from '../rtnetlink/traffic.ts';
import { type ResolverLink, told } from './links.ts';

/** linux/veth.h, linux/if_link.h */
const VETH_INFO_PEER = 1;
const IFLA_IFNAME = 3;
const ifinfomsg = new Uint8Array(16);

export const peerOf = (device: string): string => device.replace(/^rd/, 're');

/** Before the settings. */
export function makeDevice(socket: Netlink, { device, tap }: ResolverLink): void {
  if (device === tap) return;
  // Of a container of the same id whose state was lost.
  if (findLink(socket, device)) deleteLink(socket, device);
  const peer = peerOf(device);
  makeLink(socket, device, 'veth', nested(VETH_INFO_PEER, ifinfomsg, attribute(IFLA_IFNAME, peer)));
  for (const name of [peer, device]) changeLink(socket, indexOf(socket, name), { up: true }, `bringing ${name} up`);
}

/** The kernel looks for the neighbour when the answer has the guest's own address again. In mode `routed` the tap has an address to ask others from. */
export function leadBack(socket: Netlink, { device, mode, source, guest, mac }: ResolverLink): void {
  const link = indexOf(socket, device);
  if (mode === 'routed') addAddress(socket, link, `${told}/32`);
  addHostRoute(socket, source, link);
  setNeighbour(socket, guest, mac, link);
}

const number = (address: string) => addressBytes(address).reduce((value, byte) => value * 256 + byte, 0);
/** The destination of IPv4 (RFC 791), and the address that an ARP request asks for (RFC 826). */
const question: readonly Key[] = [{ offset: 16, value: number(told), mask: 0xffffffff }];
const arpQuestion: readonly Key[] = [{ offset: 24, value: number(told), mask: 0xffffffff }];
/** UDP, from port 53, without IP options. */
const answers: readonly Key[] = [
  { offset: 8, value: 17 << 16, mask: 0xff << 16 },
  { offset: 20, value: 53 << 16, mask: 0xffff0000 },
];

/**
 * When the rules are in place: nothing comes in unchecked. In mode `redirect` the name server has to hear from its own servers too, and the
 * kernel from its gateway: ARP and what comes from port 53 go to both, the guest and the namespace.
 */
export function catchQuestions(socket: Netlink, { device, tap, mode, interface: name }: ResolverLink): void {
  const own = indexOf(socket, tap);
  if (mode === 'redirect') {
    addFilter(socket, own, { at: 'ingress', priority: 1, protocol: 'ip', keys: question });
    addFilter(socket, own, { at: 'ingress', priority: 2, protocol: 'arp', keys: arpQuestion });
    if (name === undefined) return;
    const link = indexOf(socket, name);
    const action = { kind: 'mirror out', to: own } as const;
    addFilter(socket, link, { at: 'ingress', priority: 1, protocol: 'arp', keys: [], action });
    addFilter(socket, link, { at: 'ingress', priority: 2, protocol: 'ip', keys: answers, action });
    return;
  }
  if (device === tap) return;
  const between = indexOf(socket, device);
  // A guest's frames go out at a macvtap as those of a program, and what comes in there is the guest's.
  const isMacvtap = mode === 'macvtap';
  if (isMacvtap) addBothWays(socket, own);
  else addIngress(socket, own);
  addBothWays(socket, between);
  const inwards = { at: isMacvtap ? 'out' : 'ingress', action: { kind: 'redirect in', to: between } } as const;
  const back = { at: 'out', keys: [], action: { kind: isMacvtap ? 'redirect in' : 'redirect out', to: own } } as const;
  addFilter(socket, own, { ...inwards, priority: 1, protocol: 'ip', keys: question });
  addFilter(socket, own, { ...inwards, priority: 2, protocol: 'arp', keys: arpQuestion });
  addFilter(socket, between, { ...back, priority: 1, protocol: 'ip' });
  addFilter(socket, between, { ...back, priority: 2, protocol: 'arp' });
}
