/** Links: RTM_*LINK of linux/rtnetlink.h with struct ifinfomsg, attributes of linux/if_link.h. */
import type { Netlink } from '../../../core/plugin.ts';
import { attribute, join, nested, readAttributes, readNumber, readText, viewOf } from './attributes.ts';
import { CREATE, DUMP, EXCL, ifNone } from './requests.ts';
import { macBytes, macOf } from './text.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const IFLA = { address: 1, name: 3, mtu: 4, link: 5, master: 10, info: 18, extMask: 29 } as const;
const IFLA_INFO = { kind: 1, data: 2 } as const;
const RTEXT_FILTER_SKIP_STATS = 8;
/** linux/if.h */
export const IFF = { up: 1, loopback: 8, pointToPoint: 0x10, allMulticast: 0x200 } as const;

export interface Link {
  readonly index: number;
  readonly name: string;
  /** ARPHRD_* of linux/if_arp.h: 1 is Ethernet. */
  readonly type: number;
  readonly flags: number;
  readonly mac: string;
  readonly mtu: number;
  /** `tun`, `veth`, `bridge`, `macvtap`, ... */
  readonly kind: string | undefined;
  /** Index of the bridge that it is in; 0 or undefined: none. */
  readonly master: number | undefined;
  /** Index of the link beneath it, or at the other end. */
  readonly lower: number | undefined;
}

function header(index: number, flags = 0, change = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = viewOf(bytes);
  view.setInt32(4, index, true);
  view.setUint32(8, flags, true);
  view.setUint32(12, change, true);
  return bytes;
}

function readLink(body: Uint8Array): Link {
  const view = viewOf(body);
  const found = readAttributes(body, 16);
  return {
    index: view.getInt32(4, true),
    name: readText(found.get(IFLA.name)) ?? '',
    type: view.getUint16(2, true),
    flags: view.getUint32(8, true),
    mac: macOf(found.get(IFLA.address) ?? new Uint8Array()),
    mtu: readNumber(found.get(IFLA.mtu)) ?? 0,
    kind: readText(readAttributes(found.get(IFLA.info) ?? new Uint8Array()).get(IFLA_INFO.kind)),
    master: readNumber(found.get(IFLA.master)),
    lower: readNumber(found.get(IFLA.link)),
  };
}

/** All links, in the order of their making. */
export function readLinks(socket: Netlink): readonly Link[] {
  const body = join(header(0), attribute(IFLA.extMask, RTEXT_FILTER_SKIP_STATS));
  return socket.request('listing the interfaces', RTM_GETLINK, DUMP, body).map((answer) => readLink(answer.body));
}

export function findLink(socket: Netlink, name: string): Link | undefined {
  const what = `looking for the interface ${name}`;
  const body = join(header(0), attribute(IFLA.name, name), attribute(IFLA.extMask, RTEXT_FILTER_SKIP_STATS));
  const [answer] = ifNone(() => socket.request(what, RTM_GETLINK, 0, body)) ?? [];
  return answer && readLink(answer.body);
}

/** @throws Error when there is none of that name */
export function indexOf(socket: Netlink, name: string): number {
  const link = findLink(socket, name);
  if (link === undefined) throw new Error(`there is no interface ${name} any more`);
  return link.index;
}

export interface LinkChange {
  readonly up?: boolean;
  readonly allMulticast?: boolean;
  readonly mtu?: number;
  readonly mac?: string;
  /** Index of a bridge; 0 takes it out of one. */
  readonly master?: number;
}

function changes({ mtu, mac, master }: LinkChange): Uint8Array {
  return join(
    ...(mtu === undefined ? [] : [attribute(IFLA.mtu, mtu)]),
    ...(mac === undefined ? [] : [attribute(IFLA.address, macBytes(mac))]),
    ...(master === undefined ? [] : [attribute(IFLA.master, master)]),
  );
}

function flagsOf({ up, allMulticast }: LinkChange): readonly [flags: number, change: number] {
  const given = [
    [up, IFF.up],
    [allMulticast, IFF.allMulticast],
  ] as const;
  return [
    given.reduce((flags, [on, flag]) => flags | (on ? flag : 0), 0),
    given.reduce((change, [on, flag]) => change | (on === undefined ? 0 : flag), 0),
  ];
}

export function changeLink(socket: Netlink, index: number, change: LinkChange, what: string): void {
  socket.request(what, RTM_NEWLINK, 0, join(header(index, ...flagsOf(change)), changes(change)));
}

/** Makes a link of `kind`, with data of that kind; `lower` is the index of the link beneath it. */
export function makeLink(
  socket: Netlink,
  name: string,
  kind: string,
  data: Uint8Array,
  { lower, ...change }: LinkChange & { readonly lower?: number } = {},
): void {
  const body = join(
    header(0, ...flagsOf(change)),
    attribute(IFLA.name, name),
    ...(lower === undefined ? [] : [attribute(IFLA.link, lower)]),
    changes(change),
    nested(IFLA.info, attribute(IFLA_INFO.kind, kind), nested(IFLA_INFO.data, data)),
  );
  socket.request(`making the ${kind} ${name}`, RTM_NEWLINK, CREATE | EXCL, body);
}

/** Removes a link; one that is gone already is passed over. */
export function deleteLink(socket: Netlink, name: string): void {
  const body = join(header(0), attribute(IFLA.name, name));
  ifNone(() => socket.request(`removing the interface ${name}`, RTM_DELLINK, 0, body));
}
