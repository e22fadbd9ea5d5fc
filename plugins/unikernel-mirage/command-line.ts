/** The command line of a MirageOS unikernel: no program's name, our options, then the user's arguments, which win. */
import type { NetworkDevice } from '../../core/plugin.ts';
import { nameServerOptions, networkOptions, usualOptions, withoutThoseGiven } from './options.ts';
import { word } from './words.ts';

export interface MirageOptions {
  /** Without the program. */
  readonly args: readonly string[];
  readonly hostname: string | undefined;
  readonly devices: readonly NetworkDevice[];
  readonly nameServers?: readonly string[];
  /** Names of the options that it has, with their groups; undefined: the usual ones. */
  readonly has: readonly string[] | undefined;
}

export interface MirageCommandLine {
  readonly text: string;
  readonly warnings: readonly string[];
}

export function mirageCommandLine({ args, hostname, devices, nameServers = [], has }: MirageOptions): MirageCommandLine {
  const { options, warnings } = networkOptions(devices, has);
  const all = [
    ...options,
    ...nameServerOptions(nameServers, has ?? []),
    ...(hostname === undefined ? [] : [['name', hostname] as const]),
  ];
  const isKnown = (name: string) => (has ? has.includes(name) : name !== 'name');
  const known = has ?? [...usualOptions, ...options.map(([name]) => name)];
  const ours = withoutThoseGiven(
    all.filter(([name]) => isKnown(name)),
    args,
    known,
  );
  return { text: [...ours.map(([name, value]) => word(`--${name}=${value}`)), ...args.map(word)].join(' '), warnings };
}
