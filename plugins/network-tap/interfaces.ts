/** The interfaces of a network namespace: what the kernel lists of links, addresses and routes, brought together. */
import type { LinkAddress } from './rtnetlink/addresses.ts';
import { IFF, type Link } from './rtnetlink/links.ts';
import { isLocal, isMain, type KernelRoute } from './rtnetlink/routes.ts';
import { isOurs } from './tap-name.ts';

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
  /** Destinations that an address implies: the subnet that is on the link, or the other end. */
  readonly implied: readonly string[];
  /** Without an Ethernet beneath it, or with one other end only. */
  readonly pointToPoint: boolean;
  /** Name of the bridge or macvtap by which another unikernel has it. */
  readonly takenBy?: string;
  /** The kernel's own messages for those addresses, and for the routes that go with them: what has to be given back. */
  readonly messages: { readonly addresses: readonly Uint8Array[]; readonly routes: readonly Uint8Array[] };
}

export interface Listing {
  readonly links: readonly Link[];
  readonly addresses: readonly LinkAddress[];
  readonly routes: readonly KernelRoute[];
}

const ARPHRD_ETHER = 1;

/** Interfaces that are up, by name (`eth2` before `eth10`); without the loopback and what unikernels have. */
export function interfacesIn({ links, addresses, routes }: Listing): readonly Interface[] {
  return links
    .filter(isUsable)
    .sort(byName)
    .map((link) => {
      const own = addresses.filter((address) => address.link === link.index && address.global);
      const ways = routes.filter(({ hops }) => hops.some((hop) => hop.link === link.index));
      const takenBy = links.find(({ index, lower, name }) => isOurs(name) && (index === link.master || lower === link.index));
      return {
        name: link.name,
        mac: link.mac,
        mtu: link.mtu,
        addresses: own.map(({ text }) => text),
        routes: ways.filter((route) => isTold(route) && !route.implied).map((route) => toRoute(route, link.index)),
        implied: ways.filter((route) => isTold(route) && route.implied).map(({ destination }) => destination),
        pointToPoint: (link.flags & IFF.pointToPoint) !== 0 || link.type !== ARPHRD_ETHER,
        ...(takenBy ? { takenBy: takenBy.name } : {}),
        messages: {
          addresses: own.map(({ message }) => message),
          routes: ways.filter((route) => !route.implied && !isLocal(route)).map(({ message }) => message),
        },
      };
    });
}

/** The kernel lists them in the order of their making, and engines make them in any. */
function byName({ name: left }: Link, { name: right }: Link): number {
  const [stemLeft, stemRight] = [left, right].map((name) => name.replace(/\d+$/, '')) as [string, string];
  const number = (name: string, stem: string) => Number(name.slice(stem.length) || -1);
  return stemLeft === stemRight ? number(left, stemLeft) - number(right, stemRight) : stemLeft < stemRight ? -1 : 1;
}

const isUsable = ({ name, flags }: Link): boolean => (flags & IFF.up) !== 0 && (flags & IFF.loopback) === 0 && !isOurs(name);

/** `fe80::/64` is at every interface. */
const isTold = (route: KernelRoute): boolean => route.unicast && isMain(route) && !/^(fe80|ff00):/.test(route.destination);

function toRoute({ destination, hops }: KernelRoute, link: number): Route {
  const gateway = hops.find((hop) => hop.link === link)?.gateway;
  return gateway === undefined ? { destination } : { destination, gateway };
}
