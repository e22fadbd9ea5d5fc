/** A guest's share of a network namespace that is not its own: a small subnet behind the tap, and some of the ports. */
import type { NetworkDevice } from '../../../core/plugin.ts';
import { randomMac } from '../tap-name.ts';
import type { Port } from './ports.ts';

/** Plain data, kept until it is undone. */
export interface Share {
  readonly tap: string;
  readonly mtu: number;
  readonly mac: string;
  /** The guest's address, and the tap's own, which is its gateway. */
  readonly guest: string;
  readonly gateway: string;
  readonly ports: readonly Port[];
  /** It is the host's own namespace, whose firewall may forward nothing. */
  readonly isHost: boolean;
}

const prefix = 30;
/** 169.254.64.0/18 in subnets of four: of the link only, so that they are nobody's elsewhere; behind the tap they are translated. */
const pool = { first: 64, count: 4096 };

/** From a place that the tap's name decides. `routes` is the text of /proc/net/route. @throws Error ERR_NETWORK */
export function subnetFor(tap: string, routes: string): Pick<Share, 'guest' | 'gateway'> {
  const start = Number.parseInt(tap.slice(2, 10), 16) || 0;
  for (let step = 0; step < pool.count; step++) {
    const number = ((start + step) % pool.count) * 4;
    const [third, last] = [pool.first + (number >> 8), number & 255];
    // As net/ipv4/fib_trie.c writes it, least byte first.
    const hex = [last, third, 254, 169].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');
    if (routes.includes(`\t${hex}\t`)) continue;
    return { gateway: `169.254.${third}.${last + 1}`, guest: `169.254.${third}.${last + 2}` };
  }
  throw Object.assign(new Error('this network namespace has no subnet left for a guest'), { code: 'ERR_NETWORK' });
}

export function makeShare(options: {
  readonly tap: string;
  readonly routes: string;
  readonly mtu: number;
  readonly ports: readonly Port[];
  readonly isHost: boolean;
}): Share {
  const { tap, routes, mtu, ports, isHost } = options;
  return { tap, mtu, mac: randomMac(), ...subnetFor(tap, routes), ports, isHost };
}

/** What the guest is told of it. */
export const deviceOf = (name: string, { tap, mac, mtu, guest, gateway }: Share): NetworkDevice => ({
  name,
  tap,
  interface: undefined,
  mac,
  mtu,
  addresses: [`${guest}/${prefix}`],
  routes: [{ destination: '0.0.0.0/0', gateway }],
});

export const gatewayPrefix = ({ gateway }: Share): string => `${gateway}/${prefix}`;
