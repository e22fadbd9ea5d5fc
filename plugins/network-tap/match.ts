/** Which interface each network device gets. */
import type { Interface } from './interfaces.ts';
import type { Options } from './options.ts';
import { problem } from './problem.ts';

export interface Match {
  /** Name of the device in the guest's manifest. */
  readonly device: string;
  /** Undefined: there is none, and that is to be left alone. */
  readonly interface: Interface | undefined;
}

/**
 * By name where that is said, else in order.
 * @throws Error ERR_NETWORK with a sentence for what has no counterpart
 */
export function match(
  devices: readonly string[],
  interfaces: readonly Interface[],
  { devices: named, unmatched }: Pick<Options, 'devices' | 'unmatched'>,
): readonly Match[] {
  const byName = new Map(interfaces.map((each) => [each.name, each]));
  const wanted = devices.map((device) => (Object.hasOwn(named, device) ? named[device] : undefined));
  for (const [index, name] of wanted.entries()) {
    if (name !== undefined && !byName.has(name)) {
      throw problem(
        `the network device ${devices[index]} is to get the interface ${name}, and the container has ${list(interfaces)}`,
      );
    }
  }
  const free = interfaces.filter(({ name }) => !wanted.includes(name));
  const matches = devices.map((device, index) => {
    const name = wanted[index];
    return { device, interface: name === undefined ? free.shift() : byName.get(name) };
  });
  if (unmatched === 'ignore') return matches;
  const without = matches.find((each) => each.interface === undefined);
  if (without) {
    throw problem(
      `the unikernel declares the network device ${without.device}, and the container has no interface for it (it has ${list(interfaces)})`,
      'connect the container to a network, or set unmatched of the plugin network-tap to "ignore" in runnc.config',
    );
  }
  if (free.length > 0) {
    throw problem(
      `the container has ${list(interfaces)}, and the unikernel declares ${devices.length === 1 ? 'the network device' : 'the network devices'} ${devices.join(', ')}: nothing is behind ${list(free)}`,
      'disconnect the container from a network, or set unmatched of the plugin network-tap to "ignore" in runnc.config',
    );
  }
  return matches;
}

/** `eth0 and eth1`, or that there is none. */
function list(interfaces: readonly Interface[]): string {
  return interfaces.map(({ name }) => name).join(' and ') || 'none';
}
