/** Settings of the kernel for a network namespace: files below /proc/sys/net. All of this is to be called in that namespace. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { sharedSettings, tapSettings } from './routed.ts';
import { bridgeName } from './tap-name.ts';
import type { Wire } from './wiring.ts';

/** By file, what it says. */
export type Settings = Readonly<Record<string, string>>;

const pathOf = (file: string) => `/proc/sys/net/${file}`;

function shared(wires: readonly Wire[]): Settings {
  const forwardsOne = existsSync(pathOf('ipv6/conf/lo/force_forwarding'));
  const routed = wires.filter(({ mode }) => mode === 'routed');
  return Object.assign({}, ...routed.map((wire) => sharedSettings(wire, forwardsOne))) as Settings;
}

/** What those settings say that will be changed and are not the taps' own. */
export function readShared(wires: readonly Wire[]): Settings {
  const files = Object.keys(shared(wires)).filter((file) => existsSync(pathOf(file)));
  return Object.fromEntries(files.map((file) => [file, readFileSync(pathOf(file), 'utf8').trim()]));
}

/** With the taps made and still down, in mode `routed`; elsewhere the kernel has nothing to say at a tap. */
export function changeSettings(wires: readonly Wire[]): void {
  for (const wire of wires) {
    if (wire.mode === 'routed') write(tapSettings(wire));
    else for (const link of [wire.tap, bridgeName(wire.tap)]) write({ [`ipv6/conf/${link}/disable_ipv6`]: '1' });
  }
  write(shared(wires));
}

/** Kernels without IPv6, or before it could forward for one interface, lack some; an interface may be gone. */
export function write(settings: Settings): void {
  for (const [file, value] of Object.entries(settings)) {
    if (existsSync(pathOf(file))) writeFileSync(pathOf(file), value);
  }
}
