/** The options by which a MirageOS unikernel is told of its networks (mirage lib_runtime/mirage/mirage_runtime_network.ml). */
import type { NetworkDevice } from '../../core/plugin.ts';

/** What a unikernel has that was configured with `generic_stackv4v6`: the usual case. An option that it does not have is fatal. */
export const usualOptions: readonly string[] = ['ipv4', 'ipv4-gateway', 'ipv4-only', 'ipv6', 'ipv6-gateway', 'ipv6-only'];
/** The device of the stack whose options have no group in front of their names. */
const defaultDevice = 'service';

export interface Options {
  /** Names and values, without dashes: `ipv4` and `192.0.2.1/24`. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly warnings: readonly string[];
}

/** All that can be said of these devices; `has` are the options that the unikernel is known to have. */
export function networkOptions(devices: readonly NetworkDevice[], has?: readonly string[]): Options {
  const warnings: string[] = [];
  const options = devices.flatMap((device) => {
    const group = groupOf(device, devices.length, has);
    return stackOptions(device, warnings).map(([name, value]) => [`${group}${name}`, value] as const);
  });
  return { options, warnings };
}

/**
 * Further stacks are groups that are named as their devices, by custom: `generic_stackv4v6 ~group:"management"` on the netif of that
 * name. The only device of a unikernel may be called anything without a group, unless it has options of such a group.
 */
function groupOf({ name }: NetworkDevice, count: number, has?: readonly string[]): string {
  if (has?.some((option) => option.startsWith(`${name}-ipv4`) || option.startsWith(`${name}-ipv6`))) return `${name}-`;
  return name === defaultDevice || count === 1 ? '' : `${name}-`;
}

function stackOptions({ name, addresses, routes }: NetworkDevice, warnings: string[]): (readonly [string, string])[] {
  const options: (readonly [string, string])[] = [];
  // It makes link-local addresses for itself.
  const own = { 4: addresses.filter(isIpv4), 6: addresses.filter((text) => !isIpv4(text) && !/^fe[89ab]/i.test(text)) };
  for (const family of [4, 6] as const) {
    const [address, ...others] = own[family];
    if (address === undefined) continue;
    options.push([`ipv${family}`, address]);
    for (const other of others)
      warnings.push(`MirageOS takes one IPv${family} address for a device: ${name} goes without ${other}`);
    const gateway = routes.find(({ destination, gateway: to }) => isDefault(destination) && to && isIpv4(to) === (family === 4));
    if (gateway?.gateway !== undefined) options.push([`ipv${family}-gateway`, gateway.gateway]);
  }
  for (const { destination } of routes) {
    if (!isDefault(destination)) warnings.push(`MirageOS cannot be told of the route to ${destination}`);
  }
  // Ready at once instead of after a second of looking for an IPv6 address that nobody wants.
  if (own[4].length > 0 && own[6].length === 0) options.push(['ipv4-only', 'true']);
  if (own[6].length > 0 && own[4].length === 0) options.push(['ipv6-only', 'true']);
  return options;
}

/**
 * Options for name servers: MirageOS' own (`dns_servers` for the DNS client since 4.6, `resolver` before, both lists with commas). Only where
 * the unikernel is known to have them; in a group or in none.
 */
export function nameServerOptions(nameServers: readonly string[], has: readonly string[]): Options['options'] {
  // Written as they are: there a colon means something else.
  const servers = nameServers.filter(isIpv4);
  const isFor = (option: string) => /(?:^|-)(?:dns[_-]servers|resolver)$/.test(option);
  return servers.length === 0 ? [] : has.filter(isFor).map((option) => [option, servers.join(',')] as const);
}

const isIpv4 = (address: string): boolean => !address.includes(':');
const isDefault = (destination: string): boolean => ['default', '0.0.0.0/0', '::/0'].includes(destination);

/**
 * The options whose names the user has not given already: Cmdliner takes an option once, also by a beginning of its name that no
 * other has. What follows `--` is no option.
 */
export function withoutThoseGiven<Option extends readonly [name: string, value: string]>(
  options: readonly Option[],
  args: readonly string[],
  known: readonly string[],
): readonly Option[] {
  const end = args.indexOf('--');
  const given = (end < 0 ? args : args.slice(0, end))
    .filter((arg) => arg.startsWith('--'))
    .map((arg) => arg.slice(2).split('=', 1)[0] as string);
  return options.filter(
    ([name]) => !given.some((word) => word === name || (word !== '' && !known.includes(word) && name.startsWith(word))),
  );
}
