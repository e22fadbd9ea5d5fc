/** The interfaces of a network namespace, as `ip -json` tells (iproute2 6: ip/ipaddress.c, ip/iproute.c). */

export interface Route {
  /** `ADDRESS/PREFIX`; `0.0.0.0/0` and `::/0` are the default routes. */
  readonly destination: string;
  readonly gateway?: string;
}

export interface Interface {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  /** Addresses that others may use: `ADDRESS/PREFIX`, without those of the link only. */
  readonly addresses: readonly string[];
  /** Unicast routes of the main table, without those that an address implies. */
  readonly routes: readonly Route[];
  /** Without an Ethernet beneath it, or with one other end only. */
  readonly pointToPoint: boolean;
}

/** What `ip -json -batch` is asked; it answers one JSON document a line. */
export const question = 'address show\nroute show table all\n';

interface Link {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly link_type: string;
  readonly address?: string;
  readonly mtu: number;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
    readonly address?: string;
  }[];
}

interface RouteLine {
  readonly dst: string;
  readonly type?: string;
  readonly table?: string;
  readonly protocol?: string;
  readonly gateway?: string;
  readonly via?: { readonly host?: string };
  readonly dev?: string;
  readonly flags?: readonly string[];
}

/** Reads the answer to `question`: interfaces that are up, by name (`eth2` before `eth10`); without the loopback and taps. */
export function parseInterfaces(answer: string): readonly Interface[] {
  const [links = [], routes = []] = answer
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as readonly unknown[]) as [Link[]?, RouteLine[]?];
  return links
    .filter(isUsable)
    .sort(byName)
    .map((link) => ({
      name: link.ifname,
      mac: link.address ?? '',
      mtu: link.mtu,
      addresses: (link.addr_info ?? [])
        .filter(({ scope, family }) => scope === 'global' && (family === 'inet' || family === 'inet6'))
        .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
      routes: routes.filter((route) => route.dev === link.ifname && isTold(route)).map(toRoute),
      pointToPoint: link.flags.includes('POINTOPOINT') || link.link_type !== 'ether',
    }));
}

/** The kernel lists them in the order of their making, and engines make them in any. */
function byName({ ifname: left }: Link, { ifname: right }: Link): number {
  const [stemLeft, stemRight] = [left, right].map((name) => name.replace(/\d+$/, '')) as [string, string];
  const number = (name: string, stem: string) => Number(name.slice(stem.length) || -1);
  return stemLeft === stemRight ? number(left, stemLeft) - number(right, stemRight) : stemLeft < stemRight ? -1 : 1;
}

function isUsable({ ifname, flags, linkinfo }: Link): boolean {
  return ifname !== undefined && flags.includes('UP') && !flags.includes('LOOPBACK') && linkinfo?.info_kind !== 'tun';
}

function isTold({ type, table, protocol }: RouteLine): boolean {
  return (type === undefined || type === 'unicast') && (table === undefined || table === 'main') && protocol !== 'kernel';
}

function toRoute({ dst, gateway, via }: RouteLine): Route {
  const next = gateway ?? via?.host;
  const isIpv6 = (dst === 'default' ? (next ?? '') : dst).includes(':');
  const any = isIpv6 ? '::/0' : '0.0.0.0/0';
  const destination = dst === 'default' ? any : dst.includes('/') ? dst : `${dst}/${isIpv6 ? 128 : 32}`;
  return next === undefined ? { destination } : { destination, gateway: next };
}
