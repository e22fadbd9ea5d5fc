/** Routes: RTM_*ROUTE and struct rtmsg of linux/rtnetlink.h. */
import type { Netlink } from '../../../core/plugin.ts';
import { attribute, join, readAttributes, readNumber, viewOf } from './attributes.ts';
import { AF, CREATE, DUMP, ifNone, ifThere, REPLACE } from './requests.ts';
import { addressBytes, addressText } from './text.ts';

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const RTA = { destination: 1, link: 4, gateway: 5, preferredSource: 7, multipath: 9, table: 15, via: 18 } as const;
const headerSize = 12;
const RTM_F_CLONED = 0x200;
const RTPROT = { kernel: 2, boot: 3 } as const;
const RT_TABLE = { main: 254, local: 255 } as const;
const RT_SCOPE = { universe: 0, link: 253, host: 254 } as const;
const RTN = { unicast: 1, local: 2 } as const;
/** What the kernel says of a next hop's state, and does not take back (RTNH_COMPARE_MASK). */
const RTNH_STATE = 1 | 8 | 16 | 32 | 64;

export interface KernelRoute {
  /** `ADDRESS/PREFIX` */
  readonly destination: string;
  readonly table: number;
  readonly unicast: boolean;
  /** Made by the kernel itself, for an address. */
  readonly implied: boolean;
  readonly hops: readonly { readonly link: number; readonly gateway: string | undefined }[];
  /** The kernel's message, for `restoreRoute`. */
  readonly message: Uint8Array;
}

/** Those of all tables but the kernel's copies. */
export function readRoutes(socket: Netlink): readonly KernelRoute[] {
  return socket.request('listing the routes', RTM_GETROUTE, DUMP, new Uint8Array(headerSize)).flatMap(({ body }) => {
    const [family, length, , , table, protocol, , type] = body;
    if ((family !== AF.inet && family !== AF.inet6) || viewOf(body).getUint32(8, true) & RTM_F_CLONED) return [];
    const found = readAttributes(body, headerSize);
    const destination = found.get(RTA.destination) ?? new Uint8Array(family === AF.inet ? 4 : 16);
    return [
      {
        destination: `${addressText(destination)}/${length}`,
        table: readNumber(found.get(RTA.table)) ?? table ?? 0,
        unicast: type === RTN.unicast,
        implied: protocol === RTPROT.kernel,
        hops: hopsOf(found),
        message: body,
      },
    ];
  });
}

export const isMain = ({ table }: Pick<KernelRoute, 'table'>): boolean => table === RT_TABLE.main;
export const isLocal = ({ table }: Pick<KernelRoute, 'table'>): boolean => table === RT_TABLE.local;

function hopsOf(found: ReadonlyMap<number, Uint8Array>): KernelRoute['hops'] {
  const several = found.get(RTA.multipath);
  if (several === undefined) return [{ link: readNumber(found.get(RTA.link)) ?? 0, gateway: gatewayOf(found) }];
  const hops: { link: number; gateway: string | undefined }[] = [];
  // struct rtnexthop: length, flags, hops, index, attributes.
  for (let at = 0; at + 8 <= several.length; ) {
    const length = viewOf(several).getUint16(at, true);
    if (length < 8 || at + length > several.length) break;
    const hop = several.subarray(at, at + length);
    hops.push({ link: viewOf(hop).getInt32(4, true), gateway: gatewayOf(readAttributes(hop, 8)) });
    at += (length + 3) & ~3;
  }
  return hops;
}

/** The next hop, of the other family where that is said (struct rtvia). */
function gatewayOf(found: ReadonlyMap<number, Uint8Array>): string | undefined {
  const address = found.get(RTA.gateway) ?? found.get(RTA.via)?.subarray(2);
  return address && (address.length === 4 || address.length === 16) ? addressText(address) : undefined;
}

interface HostRoute {
  readonly table: number;
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
  readonly source?: boolean;
}

function hostRoute(address: string, link: number, { table, protocol, scope, type, source }: HostRoute): Uint8Array {
  const bytes = addressBytes(address);
  const isIpv4 = bytes.length === 4;
  const header = Uint8Array.of(isIpv4 ? AF.inet : AF.inet6, bytes.length * 8, 0, 0, table, protocol, scope, type, 0, 0, 0, 0);
  return join(
    header,
    attribute(RTA.destination, bytes),
    attribute(RTA.link, link),
    ...(source ? [attribute(RTA.preferredSource, bytes)] : []),
  );
}

/** The route to one address that is on the link. */
export function addHostRoute(socket: Netlink, address: string, link: number): void {
  const scope = address.includes(':') ? RT_SCOPE.universe : RT_SCOPE.link;
  const body = hostRoute(address, link, { table: RT_TABLE.main, protocol: RTPROT.boot, scope, type: RTN.unicast });
  socket.request(`adding a route to ${address}`, RTM_NEWROUTE, CREATE, body);
}

const own = { table: RT_TABLE.local, protocol: RTPROT.kernel, scope: RT_SCOPE.host, type: RTN.local, source: true } as const;

/** Makes an IPv4 address that is still on its interface none of the kernel's own. */
export function disownAddress(socket: Netlink, address: string, link: number): void {
  const body = hostRoute(address, link, { ...own, protocol: 0, source: false });
  ifNone(() => socket.request(`disowning the address ${address}`, RTM_DELROUTE, 0, body));
}

/** And the kernel's own again. */
export function ownAddress(socket: Netlink, address: string, link: number): void {
  socket.request(`owning the address ${address} again`, RTM_NEWROUTE, CREATE | REPLACE, hostRoute(address, link, own));
}

/** Puts a route back as the kernel told it. */
export function restoreRoute(socket: Netlink, message: Uint8Array): void {
  const body = Uint8Array.from(message);
  const view = viewOf(body);
  view.setUint32(8, view.getUint32(8, true) & ~RTNH_STATE, true);
  ifThere(() => socket.request('giving an interface its routes back', RTM_NEWROUTE, CREATE, body));
}
