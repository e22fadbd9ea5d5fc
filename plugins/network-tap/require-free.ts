/** Interfaces that another unikernel of the namespace has already. */
import type { Netlink } from '../../core/plugin.ts';
import { addressOf } from './addresses.ts';
import type { Interface } from './interfaces.ts';
import { problem } from './problem.ts';
import { redirectedTo } from './redirect.ts';
import { readLinks } from './rtnetlink/links.ts';
import { readRoutes } from './rtnetlink/routes.ts';
import { isTap } from './tap-name.ts';

/**
 * `ownerOf` tells whose tap it is, where that can be known.
 * @throws Error ERR_NETWORK that names what has the interface
 */
export function requireFree(
  socket: Netlink,
  interfaces: readonly Interface[],
  ownerOf: (tap: string) => string | undefined,
): void {
  for (const { name, addresses, takenBy } of interfaces) {
    const taken = takenBy ?? redirectedTo(socket, name) ?? routedTo(socket, addresses);
    if (taken === '') {
      throw problem(
        `somebody else filters already what comes in at the interface ${name} of this network namespace`,
        'remove the filters (tc filter show dev INTERFACE ingress), or choose the mode bridge in runnc.config',
      );
    }
    if (taken !== undefined) {
      const owner = ownerOf(taken);
      throw problem(
        `the interface ${name} of this network namespace belongs to another unikernel already (${owner === undefined ? `its tap is ${taken}` : `the container ${owner}`})`,
        'give each unikernel a network namespace of its own, or say which ports are whose (org.runnc.network.ports)',
      );
    }
  }
}

/** The tap behind which one of these addresses is. */
function routedTo(socket: Netlink, addresses: readonly string[]): string | undefined {
  const taps = readLinks(socket).filter(({ name }) => isTap(name));
  if (taps.length === 0) return undefined;
  const hosts = addresses.map((address) => `${addressOf(address)}/${address.includes(':') ? 128 : 32}`);
  const routes = readRoutes(socket).filter(({ destination }) => hosts.includes(destination));
  return taps.find(({ index }) => routes.some(({ hops }) => hops.some(({ link }) => link === index)))?.name;
}
