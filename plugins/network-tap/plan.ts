/** From a container's interfaces and its unikernel's devices to what is to be done, and to what the guest is told. */
import type { NetworkDevice } from '../../core/plugin.ts';
import type { Interface } from './interfaces.ts';
import { type Match, match } from './match.ts';
import type { Options } from './options.ts';
import { needsRouting, ownGateway, toldWhenRouted } from './routed.ts';
import { randomMac, tapName } from './tap-name.ts';
import { hold, type Wire } from './wiring.ts';

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
  const { name: interfaceName, mtu, mac, addresses, routes } = found;
  if (mode === 'routed' || (mode === 'auto' && needsRouting(found))) {
    const own = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac) ? mac : randomMac();
    const gateway = ownGateway(found);
    const wire: Wire = {
      mode: 'routed',
      tap,
      mtu,
      interface: interfaceName,
      addresses,
      mac: own,
      ...(gateway ? { gateway } : {}),
    };
    const device: NetworkDevice = { name, tap, interface: interfaceName, mac: own, mtu, ...toldWhenRouted(found) };
    return { wire, device };
  }
  const common = { tap, mtu, interface: interfaceName };
  const wire: Wire =
    mode === 'bridge'
      ? { mode, ...common, mac, held: hold(found) }
      : mode === 'macvtap'
        ? { mode, ...common, held: hold(found) }
        : { mode: 'redirect', ...common };
  const device: NetworkDevice = { name, tap, interface: interfaceName, mac, mtu, addresses, routes };
  return { wire, device };
}
