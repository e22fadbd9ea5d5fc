/** What has to be done to connect a tap with an interface, and to undo it, as lines for `ip -batch` and `tc -batch`. */
import type { Mode } from './options.ts';
import { unroutedLines } from './routed.ts';

/** A connection that was planned: plain data, kept until it is undone. */
export interface Wire {
  readonly mode: Exclude<Mode, 'auto'>;
  readonly tap: string;
  readonly mtu: number;
  /** Undefined in mode `none`. */
  readonly interface?: string;
  /** In mode `routed`: those of the guest. */
  readonly addresses?: readonly string[];
  readonly mac?: string;
}

export interface Lines {
  readonly ip: readonly string[];
  readonly tc: readonly string[];
}

/** Classifiers that match every frame: kernels have one or the other (CONFIG_NET_CLS_U32, CONFIG_NET_CLS_MATCHALL). */
export const classifiers = ['u32 match u32 0 0', 'matchall'] as const;
export type Classifier = (typeof classifiers)[number];

/** Lines that make the tap; it is up already where nothing is to be set before. */
export function tapLines({ mode, tap, mtu }: Wire): readonly string[] {
  return [`tuntap add dev ${tap} mode tap`, `link set dev ${tap} mtu ${mtu}${mode === 'routed' ? '' : ' up'}`];
}

/**
 * `redirect`: what comes in at the interface goes out at the tap and the other way round (tc-mirred(8)). The interface keeps its
 * address for engines to look at; the kernel of the namespace hears nothing of it any more.
 */
export function connectLines({ mode, tap, interface: name }: Wire, classifier: Classifier): readonly string[] {
  if (mode !== 'redirect' || name === undefined) return [];
  const all = (from: string, to: string) =>
    `filter add dev ${from} parent ffff: protocol all ${classifier} action mirred egress redirect dev ${to}`;
  return [`qdisc add dev ${name} ingress`, `qdisc add dev ${tap} ingress`, all(name, tap), all(tap, name)];
}

/** Lines that undo both, of which any may fail as never done or undone already. */
export function undoLines(wire: Wire): Lines {
  const { mode, tap, interface: name } = wire;
  return {
    ip: [`link delete dev ${tap}`, ...unroutedLines(wire)],
    tc: mode === 'redirect' && name !== undefined ? [`qdisc delete dev ${name} ingress`] : [],
  };
}
