/** Which taps lead to a name server of the namespace, and by which addresses. */
import type { NetworkDevice } from '../../../core/plugin.ts';
import { addressOf, isFamily } from '../addresses.ts';
import type { Wire } from '../wiring.ts';
import type { Listener } from './listeners.ts';

/**
 * What a guest is told in place of a loopback address. It is the same for all, so that it can be written into an image before the
 * network is known; of the link only, so that it is nobody's on any network; and not one that clouds and clusters use.
 */
export const told = '169.254.53.53';

export const dnsPort = 53;

/** A tap, and how it is connected. */
export type Tapped = Pick<Wire, 'tap' | 'interface'> & { readonly mode: Wire['mode'] | 'nat' };

/** A way from a tap to the name server: plain data, kept until it is undone. */
export interface ResolverLink {
  /** Where questions come in to the namespace and answers go out: the tap, or where that is a bridge's or a macvtap, a device of ours. */
  readonly device: string;
  readonly tap: string;
  readonly mode: Tapped['mode'];
  readonly interface?: string;
  /** The guest's own address and hardware address. */
  readonly guest: string;
  readonly mac: string;
  /** The address that stands for the guest in the namespace, where the guest's own may be the kernel's too. */
  readonly source: string;
  readonly listener: Listener;
}

/** Modes in which the namespace's kernel can speak at the tap itself. */
const direct: readonly string[] = ['redirect', 'routed', 'nat'];

/** `rn0123456789-0` has `rd0123456789-0`. */
const deviceFor = (tap: string, mode: string): string => (direct.includes(mode) ? tap : tap.replace(/^rn/, 'rd'));

/** 169.254.54.0 and the 2,047 addresses behind it. */
const sources = { first: [169, 254, 54] as const, count: 2048 };

/** A link for each tap whose guest has an IPv4 address. `routes` is the text of /proc/net/route. */
export function planLinks(
  listener: Listener,
  wires: readonly Tapped[],
  devices: readonly NetworkDevice[],
  routes: string,
): readonly ResolverLink[] {
  const taken = new Set(destinations(routes));
  return wires.flatMap(({ tap, mode, interface: name }, index) => {
    const { addresses = [], mac = '' } = devices[index] ?? {};
    const guest = addresses.find((address) => isFamily(address, 4));
    if (guest === undefined || mode === 'none') return [];
    const source = freeSource(tap, taken);
    taken.add(source);
    const where = name === undefined ? {} : { interface: name };
    return [{ device: deviceFor(tap, mode), tap, mode, ...where, guest: addressOf(guest), mac, source, listener }];
  });
}

/** From a place that the tap's name decides, so that guests which start at once in one namespace do not meet. */
function freeSource(tap: string, taken: ReadonlySet<string>): string {
  const start = Number.parseInt(tap.slice(2, 10), 16) || 0;
  for (let step = 0; step < sources.count; step++) {
    const number = (start + step) % sources.count;
    const address = `${sources.first[0]}.${sources.first[1]}.${sources.first[2] + (number >> 8)}.${number & 255}`;
    if (!taken.has(address)) return address;
  }
  throw Object.assign(new Error('this network namespace has no address left for a way to its name server'), {
    code: 'ERR_NETWORK',
  });
}

/** Second column of /proc/net/route (net/ipv4/fib_trie.c): the destination as one number, least byte first. */
function destinations(routes: string): readonly string[] {
  return routes.split('\n').flatMap((line) => {
    const hex = /^\S+\t([0-9A-F]{8})\t/.exec(line)?.[1];
    return hex === undefined ? [] : [[6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.')];
  });
}
