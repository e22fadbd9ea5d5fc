/**
 * The network that is built into an IncludeOS program: the config.json in its section `.config` (IncludeOS src/util/config.cpp,
 * src/net/configure.cpp). It cannot be told another one when it starts.
 */
import type { NetworkDevice } from '../../core/plugin.ts';
import { sectionOf } from './elf-section.ts';

export interface BuiltIn {
  /** IPv4 addresses that its first interface takes without asking, without prefix lengths. */
  readonly addresses: readonly string[];
  /** Whether it asks a DHCP server. */
  readonly dhcp: boolean;
}

const asText = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string');

/** Undefined where nothing is configured, or not in a way that can be read. */
export function builtInOf(program: { readonly fd: number; readonly size: number }): BuiltIn | undefined {
  const section = sectionOf(program, '.config');
  if (!section) return undefined;
  let document: unknown;
  try {
    const end = section.indexOf(0);
    document = JSON.parse(section.subarray(0, end < 0 ? section.length : end).toString());
  } catch {
    return undefined;
  }
  const net = (document as { readonly net?: unknown } | null)?.net;
  if (!Array.isArray(net)) return undefined;
  const first = net.find((each): each is Record<string, unknown> => (each as { iface?: unknown } | null)?.iface === 0);
  if (!first) return undefined;
  const methods = asText(first['config']);
  const isStatic = methods.some((method) => method === 'static' || method === 'static4');
  const addresses = asText(first['address']).map((text) => text.split('/', 1)[0] as string);
  return {
    addresses: isStatic ? addresses.filter((text) => !text.includes(':')).slice(0, 1) : [],
    dhcp: methods.some((method) => method.startsWith('dhcp')),
  };
}

/** What keeps it off the container's network, as an error's sentence and hint, or as a warning; undefined where nothing does. */
export function mismatch(
  { addresses, dhcp }: BuiltIn,
  device: NetworkDevice,
): { readonly fatal: boolean; readonly message: string; readonly hint: string } | undefined {
  const own = device.addresses.map((text) => text.split('/', 1)[0]).filter((text) => text?.includes('.'));
  const [built] = addresses;
  if (built !== undefined && own.length > 0 && !own.includes(built)) {
    return {
      fatal: true,
      message: `the IncludeOS program has the address ${built} built in (its config.json), and the container has ${own.join(', ')}`,
      hint: `give the container that address (docker run --network NETWORK --ip ${built}), or build it with another config.json`,
    };
  }
  if (built !== undefined || !dhcp) return undefined;
  return {
    fatal: false,
    message: 'the IncludeOS program asks for its address by DHCP (its config.json), which no container network answers',
    hint: 'build it with "config": "static"',
  };
}
