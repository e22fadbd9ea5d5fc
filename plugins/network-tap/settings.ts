/** Which settings of a network namespace the wires need. All of this is to be called in that namespace. */
import { sharedSettings, tapSettings } from './routed-settings.ts';
import { hasSetting, readSettings, type Settings, writeSettings } from './sysctl.ts';
import { bridgeName } from './tap-name.ts';
import type { Wire } from './wiring.ts';

function shared(wires: readonly Wire[]): Settings {
  const forwardsOne = hasSetting('ipv6/conf/lo/force_forwarding');
  const routed = wires.filter(({ mode }) => mode === 'routed');
  return Object.assign({}, ...routed.map((wire) => sharedSettings(wire, forwardsOne))) as Settings;
}

/** What those settings say that will be changed and are not the taps' own. */
export const readShared = (wires: readonly Wire[]): Settings => readSettings(Object.keys(shared(wires)));

/** With the taps made and still down, in mode `routed`; elsewhere the kernel has nothing to say at a tap. */
export function changeSettings(wires: readonly Wire[]): void {
  for (const wire of wires) {
    if (wire.mode === 'routed') writeSettings(tapSettings(wire));
    else for (const link of [wire.tap, bridgeName(wire.tap)]) writeSettings({ [`ipv6/conf/${link}/disable_ipv6`]: '1' });
  }
  writeSettings(shared(wires));
}
