/** Mode `routed` as settings of the kernel; what it is about is in routed.ts. */
import { isFamily } from './addresses.ts';
import type { Settings } from './sysctl.ts';
import type { Wire } from './wiring.ts';

/** Those of the tap, which goes with them. The tap must be down: its addresses depend on some of them. */
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
