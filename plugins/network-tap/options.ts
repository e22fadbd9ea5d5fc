/** What runnc.config may say: `["network-tap", { ... }]`. */

export const modes = ['auto', 'redirect', 'routed', 'bridge', 'macvtap', 'nat', 'none'] as const;
export type Mode = (typeof modes)[number];

export interface Options {
  /** How a tap is connected to its interface. */
  readonly mode: Mode;
  /** Devices without interface and interfaces without device: an error, or left alone. */
  readonly unmatched: 'error' | 'ignore';
  /** Which interface a device gets, by name; the others in order. */
  readonly devices: Readonly<Record<string, string>>;
  /** How long `start` waits for interfaces, in milliseconds. */
  readonly wait: number;
  /** In mode `nat`: which ports of the namespace are the guest's. */
  readonly ports: string;
  /** What becomes of a container that is to use the host's own network. */
  readonly hostNetwork: 'refuse' | 'nat';
}

export const defaults: Options = { mode: 'auto', unmatched: 'error', devices: {}, wait: 3000, ports: '', hostNetwork: 'refuse' };

export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    mode: { enum: modes, default: defaults.mode, description: 'How a tap is connected to the interface of the container.' },
    unmatched: {
      enum: ['error', 'ignore'],
      default: defaults.unmatched,
      description: 'What to do about a network device without an interface for it, and an interface without a device.',
    },
    devices: {
      type: 'object',
      additionalProperties: { type: 'string' },
      default: defaults.devices,
      description: 'Interface of the container for each network device, by name; the others are matched in order.',
    },
    wait: {
      type: 'integer',
      minimum: 0,
      maximum: 20_000,
      default: defaults.wait,
      description: 'Milliseconds for which start waits for interfaces that an engine adds late.',
    },
    ports: {
      type: 'string',
      default: defaults.ports,
      description:
        'Ports of a shared network namespace that are the guest’s, as "80,8080:80,53/udp"; with them, auto takes nat there.',
    },
    hostNetwork: {
      enum: ['refuse', 'nat'],
      default: defaults.hostNetwork,
      description: 'What becomes of a container that is to use the host’s own network: an error, or a share of it.',
    },
  },
} as const;

/** The options with their defaults. */
export function complete(options: Partial<Options>): Options {
  for (const [name, value] of Object.entries(options)) {
    if (!(name in schema.properties)) throw configError(`network-tap has no option ${name}`, Object.keys(schema.properties));
    const { properties } = schema;
    if (name === 'mode' && !modes.includes(value as Mode))
      throw configError(`network-tap: mode is ${JSON.stringify(value)}`, modes);
    if (name === 'unmatched' && !properties.unmatched.enum.includes(value as Options['unmatched'])) {
      throw configError(`network-tap: unmatched is ${JSON.stringify(value)}`, properties.unmatched.enum);
    }
    if (name === 'hostNetwork' && !properties.hostNetwork.enum.includes(value as Options['hostNetwork'])) {
      throw configError(`network-tap: hostNetwork is ${JSON.stringify(value)}`, properties.hostNetwork.enum);
    }
    if (name === 'ports' && typeof value !== 'string') {
      throw configError(`network-tap: ports is ${JSON.stringify(value)}`, ['80,8080:80,53/udp']);
    }
    const { minimum, maximum } = properties.wait;
    if (name === 'wait' && !(Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum)) {
      throw configError(`network-tap: wait is ${JSON.stringify(value)}`, [`milliseconds, ${minimum} to ${maximum}`]);
    }
    if (
      name === 'devices' &&
      (typeof value !== 'object' || value === null || Object.values(value).some((item) => typeof item !== 'string'))
    ) {
      throw configError(`network-tap: devices is ${JSON.stringify(value)}`, ['{ "DEVICE": "INTERFACE" }']);
    }
  }
  return { ...defaults, ...options };
}

function configError(message: string, possible: readonly string[]): Error {
  return Object.assign(new Error(message), { code: 'ERR_CONFIG', hint: `possible: ${possible.join(', ')}` });
}
