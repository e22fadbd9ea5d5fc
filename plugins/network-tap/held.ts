/** Modes in which an address is the guest's alone: it is taken off the interface, and given back. */
import type { Netlink } from '../../core/plugin.ts';
import { deleteAddress, restoreAddress } from './rtnetlink/addresses.ts';
import { AF, passing } from './rtnetlink/requests.ts';
import { restoreRoute } from './rtnetlink/routes.ts';
import { type Held, unhex } from './wiring.ts';

/** Takes the addresses off; routes that need them go with them. */
export function takeOff(socket: Netlink, link: number, { addresses }: Held): void {
  for (const message of addresses) deleteAddress(socket, link, unhex(message));
}

/** What the kernel says of a route whose gateway is not reached yet. */
const unreachable = ['ENETUNREACH', 'EHOSTUNREACH', 'EINVAL'];

/** Puts addresses and routes back that are not there; safe to repeat. */
export function giveBack(socket: Netlink, link: number, { addresses, routes }: Held): void {
  const messages = addresses.map(unhex);
  const isIpv4 = ([family]: Uint8Array) => family === AF.inet;
  // The kernel lists those of IPv6 from the newest to the oldest.
  for (const message of [...messages.filter(isIpv4), ...messages.filter((each) => !isIpv4(each)).reverse()]) {
    restoreAddress(socket, link, message);
  }
  // The way to a gateway may come after a route by that gateway.
  for (const message of routes) passing(unreachable, () => restoreRoute(socket, unhex(message)));
  for (const message of routes) restoreRoute(socket, unhex(message));
}
