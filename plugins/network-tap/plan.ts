/** From a container's interfaces and its unikernel's devices to what is to be done, and to what the guest is told. */
import type { NetworkDevice } from '../../core/plugin.ts';
import type { Interface } from './interfaces.ts';
import { type Match, match } from './match.ts';
import type { Options } from './options.ts';
import { randomMac, tapName } from './tap-name.ts';
import type { Wire } from './wiring.ts';

export interface Planned {
  readonly wires: readonly Wire[];
  readonly devices: readonly NetworkDevice[];
}

/** @throws Error ERR_NETWORK when devices and interfaces do not fit */
export function planNetwork(id: string, devices: readonly string[], interfaces: readonly Interface[], options: Options): Planned {
  const planned = match(devices, interfaces, options).map((each, index) => planDevice(tapName(id, index), each, options));
  return { wires: planned.map(({ wire }) => wire), devices: planned.map(({ device }) => device) };
}

function planDevice(tap: string, { device: name, interface: found }: Match, { mode }: Options) {
  if (found === undefined || mode === 'none') {
    const wire: Wire = { mode: 'none', tap, mtu: 1500 };
    const device: NetworkDevice = { name, tap, interface: undefined, mac: randomMac(), mtu: 1500, addresses: [], routes: [] };
    return { wire, device };
  }
  const { mtu, mac, addresses, routes } = found;
  const wire: Wire = { mode: 'redirect', tap, mtu, interface: found.name };
  const device: NetworkDevice = { name, tap, interface: found.name, mac, mtu, addresses, routes };
  return { wire, device };
}
