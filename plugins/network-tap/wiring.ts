/** What has to be done to connect a tap with an interface, and to undo it. */
import type { Interface } from './interfaces.ts';
import type { Mode } from './options.ts';

/** A connection that was planned: plain data, kept until it is undone. */
export interface Wire {
  readonly mode: Exclude<Mode, 'auto' | 'nat'>;
  readonly tap: string;
  readonly mtu: number;
  /** Undefined in mode `none`. */
  readonly interface?: string;
  /** In mode `routed`: those of the guest. */
  readonly addresses?: readonly string[];
  /** In mode `routed`: an address that the tap has, as the guest's gateway. */
  readonly gateway?: string;
  /** In modes `routed` and `bridge`: the guest's. */
  readonly mac?: string;
  /** In modes `bridge` and `macvtap`: what the interface has to get back. */
  readonly held?: Held;
}

/** What an interface had, as the kernel's own messages in hexadecimal digits. */
export interface Held {
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
}

export const hold = ({ messages: { addresses, routes } }: Interface): Held => ({
  addresses: addresses.map(hex),
  routes: routes.map(hex),
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const unhex = (text: string): Uint8Array => Buffer.from(text, 'hex');
