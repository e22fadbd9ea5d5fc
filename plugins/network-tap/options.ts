/** What runnc.config may say: `["network-tap", { ... }]`. */

export const modes = ['auto', 'redirect', 'routed', 'bridge', 'macvtap', 'none'] as const;
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
}

export const defaults: Options = { mode: 'auto', unmatched: 'error', devices: {}, wait: 3000 };

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
