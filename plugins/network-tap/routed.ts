/**
 * Mode `routed`, for interfaces whose gateway is on no link of theirs. The guest is told a subnet of two addresses (RFC 3021): its
 * own, and the other one as gateway. Whatever it asks for at the tap is answered by the namespace's kernel (proxy ARP), which routes
 * by the routes that the engine has set. IPv6 needs no such trick: there the gateway is a link-local address of the tap.
 */
import type { NetworkDevice } from '../../core/plugin.ts';
import { addressOf, isFamily, prefixOf, sameSubnet } from './addresses.ts';
import type { Interface, Route } from './interfaces.ts';
import type { Settings } from './settings.ts';
import type { Wire } from './wiring.ts';

/** The tap's own address. */
export const gateway6 = 'fe80::1';

/** Whether a guest with these addresses could not reach these gateways by itself. */
export function needsRouting({ addresses, routes, pointToPoint }: Interface): boolean {
  const off = ({ gateway }: Route) => {
    if (gateway === undefined || /^fe[89ab]/i.test(gateway)) return false;
    return !addresses.some((address) => prefixOf(address) < full(address) && sameSubnet(address, gateway));
  };
  // A subnet that is reached by a gateway only, as the CNI plugin ptp says it, has no neighbours to be asked for.
  const elsewhere = ({ destination, gateway }: Route) =>
    gateway !== undefined &&
    addresses.some((address) => prefixOf(address) === prefixOf(destination) && sameSubnet(address, addressOf(destination)));
  const ipv4 = addresses.filter((address) => isFamily(address, 4));
  return (
    pointToPoint ||
    routes.some(off) ||
    routes.some(elsewhere) ||
    (ipv4.length > 0 && ipv4.every((address) => prefixOf(address) === 32))
  );
}

const full = (address: string) => (isFamily(address, 4) ? 32 : 128);

/** The other address of a subnet of two. */
function partner(address: string): string {
  const [host, last] = [address.slice(0, address.lastIndexOf('.') + 1), Number(address.slice(address.lastIndexOf('.') + 1))];
  return `${host}${last ^ 1}`;
}

/** What the guest is told instead of what the interface has. */
export function toldWhenRouted({ addresses, routes, implied }: Interface): Pick<NetworkDevice, 'addresses' | 'routes'> {
  const gateways = { 4: gateway4(addresses), 6: gateway6 };
  const ownSubnets = addresses.map((address) => `${addressOf(address)}/${full(address)}`);
  return {
    addresses: addresses.map((address) => `${addressOf(address)}/${isFamily(address, 4) ? 31 : 128}`),
    routes: unique([...routes.map(({ destination }) => destination), ...implied]).flatMap((destination) => {
      const gateway = gateways[isFamily(destination, 4) ? 4 : 6];
      // The interface's way to its gateway is of no concern to the guest.
      const isWayToGateway = routes.some(
        (route) => route.gateway === addressOf(destination) && prefixOf(destination) === full(destination),
      );
      return gateway === undefined || isWayToGateway || ownSubnets.includes(destination) ? [] : [{ destination, gateway }];
    }),
  };
}

/** The gateway of which the guest is told, for a guest with an IPv4 address. */
function gateway4(addresses: readonly string[]): string | undefined {
  const first = addresses.find((address) => isFamily(address, 4));
  return first === undefined ? undefined : partner(addressOf(first));
}

/**
 * The gateway, where the kernel knows no way to that address and so would not answer for it. The tap can have it then: nobody who
 * could be reached has it.
 */
export function ownGateway({ addresses, routes, implied }: Interface): string | undefined {
  const gateway = gateway4(addresses);
  const known = [...routes.map(({ destination }) => destination), ...implied];
  return gateway === undefined || known.some((destination) => sameSubnet(destination, gateway)) ? undefined : gateway;
}

const unique = (texts: readonly string[]) => [...new Set(texts)];

/** Files below /proc/sys/net and what they are to say. The tap must be down: its addresses depend on some of them. */
export function tapSettings({ tap, addresses = [] }: Wire): Settings {
  return {
    // Docker's namespaces have IPv6 only at interfaces that it says so of.
    [`ipv6/conf/${tap}/disable_ipv6`]: addresses.some((address) => isFamily(address, 6)) ? '0' : '1',
    [`ipv4/conf/${tap}/forwarding`]: '1',
    [`ipv4/conf/${tap}/proxy_arp`]: '1',
    [`ipv4/neigh/${tap}/proxy_delay`]: '0',
    // The guest's address is on an interface too.
    [`ipv4/conf/${tap}/accept_local`]: '1',
    [`ipv6/conf/${tap}/addr_gen_mode`]: '1',
    [`ipv6/conf/${tap}/accept_ra`]: '0',
    [`ipv6/conf/${tap}/force_forwarding`]: '1',
  };
}

/**
 * Those which are not the tap's, and are set back. Before Linux 6.17 it is all of a namespace that forwards IPv6, or none.
 */
export function sharedSettings({ interface: name, addresses = [] }: Wire, forwardsOne: boolean): Settings {
  const forward6 = forwardsOne ? `ipv6/conf/${name}/force_forwarding` : 'ipv6/conf/all/forwarding';
  return {
    ...(addresses.some((address) => isFamily(address, 4))
      ? { [`ipv4/conf/${name}/forwarding`]: '1', [`ipv4/neigh/${name}/proxy_delay`]: '0' }
      : {}),
    ...(addresses.some((address) => isFamily(address, 6))
      ? {
          [forward6]: '1',
          [`ipv6/conf/${name}/forwarding`]: '1',
          [`ipv6/conf/${name}/proxy_ndp`]: '1',
          [`ipv6/neigh/${name}/proxy_delay`]: '0',
        }
      : {}),
  };
}
