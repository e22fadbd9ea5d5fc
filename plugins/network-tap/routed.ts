/**
 * Mode `routed`, for interfaces whose gateway is on no link of theirs. The guest is told a subnet of two addresses (RFC 3021): its
 * own, and the other one as gateway. Whatever it asks for at the tap is answered by the namespace's kernel (proxy ARP), which routes
 * by the routes that the engine has set. IPv6 needs no such trick: there the gateway is a link-local address of the tap.
 */
import type { NetworkDevice } from '../../core/plugin.ts';
import { addressOf, isFamily, prefixOf, sameSubnet } from './addresses.ts';
import type { Interface, Route } from './interfaces.ts';

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
