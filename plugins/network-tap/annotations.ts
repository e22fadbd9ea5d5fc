/** What the annotations of one container may say, where the operator left it open. */
import { type Mode, modes, type Options } from './options.ts';

export const annotation = {
  /** A mode; it counts where runnc.config says `auto`. */
  mode: 'org.runnc.network.mode',
  /** `service=eth1,management=eth0`; devices that runnc.config names stay. */
  devices: 'org.runnc.network.devices',
} as const;

/** The options for this container. */
export function withAnnotations(options: Options, annotations: Readonly<Record<string, string>>): Options {
  const mode = annotations[annotation.mode];
  const devices = annotations[annotation.devices];
  if (mode !== undefined && !modes.includes(mode as Mode)) throw bad(annotation.mode, mode, modes.join(', '));
  return {
    ...options,
    ...(mode !== undefined && options.mode === 'auto' ? { mode: mode as Mode } : {}),
    ...(devices === undefined ? {} : { devices: { ...parsePairs(devices), ...options.devices } }),
  };
}

function parsePairs(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').map((pair) => pair.split('='));
  if (pairs.some((pair) => pair.length !== 2 || pair.includes(''))) throw bad(annotation.devices, text, 'DEVICE=INTERFACE,...');
  return Object.fromEntries(pairs);
}

function bad(name: string, value: string, possible: string): Error {
  return Object.assign(new Error(`the annotation ${name} is ${JSON.stringify(value)}`), {
    code: 'ERR_NETWORK',
    hint: `possible: ${possible}`,
  });
}
