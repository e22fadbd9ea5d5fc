/** The network as rumprun is told of it: a `net` key for each address of its one interface (config.c, handle_net). */
import type { NetworkDevice } from '../../core/plugin.ts';
import { contains, isLinkLocal, type Prefix, prefixOf } from './addresses.ts';

/** Name of Solo5's network device in rumprun. */
const interfaceName = 'ukvmif0';
const defaultRoutes: readonly string[] = ['default', '0.0.0.0/0', '::/0'];

export interface NetworkKeys {
  readonly keys: readonly string[];
  readonly warnings: readonly string[];
}

/** @throws an error with ERR_DEVICE for a gateway that is on none of its networks: rumprun would end */
export function networkKeys({ addresses, routes }: NetworkDevice): NetworkKeys {
  const warnings: string[] = [];
  const keys: string[] = [];
  for (const family of [4, 6] as const) {
    // It makes link-local addresses for itself.
    const own = addresses.map(prefixOf).filter((prefix) => prefix.family === family && !isLinkLocal(prefix));
    const gateway = own.length === 0 ? undefined : gatewayOf(family, routes, own, warnings);
    own.forEach(({ address, length }, index) => {
      const last = index === own.length - 1;
      keys.push(
        netKey({
          if: interfaceName,
          // Made once; a second key for it adds an address.
          ...(keys.length === 0 ? { cloner: 'True' } : {}),
          type: family === 4 ? 'inet' : 'inet6',
          method: 'static',
          addr: address,
          mask: String(length),
          // An empty one would be fatal. With the last address, so that any of the networks may be its own.
          ...(last && gateway !== undefined ? { gw: gateway } : {}),
        }),
      );
    });
  }
  for (const { destination, gateway } of routes) {
    if (!defaultRoutes.includes(destination))
      warnings.push(`rumprun cannot be told of the route to ${destination}${gateway === undefined ? '' : ` through ${gateway}`}`);
  }
  return { keys, warnings };
}

function gatewayOf(
  family: 4 | 6,
  routes: NetworkDevice['routes'],
  own: readonly Prefix[],
  warnings: string[],
): string | undefined {
  const isDefault = (destination: string) => destination === 'default' || destination === (family === 4 ? '0.0.0.0/0' : '::/0');
  for (const { destination, gateway } of routes) {
    if (gateway === undefined || !isDefault(destination)) continue;
    const prefix = prefixOf(gateway);
    if (prefix.family !== family) continue;
    if (isLinkLocal(prefix)) {
      warnings.push(`rumprun cannot be told of the gateway ${gateway}, as it has no way to name its interface`);
      continue;
    }
    if (own.some((network) => contains(network, prefix))) return gateway;
    throw Object.assign(
      new Error(
        `rumprun can use a gateway only on its own network, and ${gateway} is not on ${own.map(({ text }) => text).join(' or ')}`,
      ),
      { code: 'ERR_DEVICE', hint: 'choose the routed mode of network-tap' },
    );
  }
  return undefined;
}

const netKey = (values: Readonly<Record<string, string>>): string => `"net":${JSON.stringify(values)}`;
