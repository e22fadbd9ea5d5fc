/**
 * Filters of the classifier u32 that match some of a link's frames, and the queue that has filters for both directions: RTM_*QDISC and
 * RTM_*TFILTER with struct tcmsg (linux/rtnetlink.h, linux/pkt_sched.h, linux/pkt_cls.h), and the action mirred (linux/tc_act/tc_mirred.h).
 */
import type { Netlink } from '../../../core/plugin.ts';
import { attribute, join, nested, viewOf } from './attributes.ts';
import { CREATE, EXCL } from './requests.ts';

const RTM_NEWQDISC = 36;
const RTM_NEWTFILTER = 44;
const TC_H_CLSACT = 0xfffffff1;
const handle = 0xffff0000;
/** `ffff:` of a queue for what comes in only; ingress and egress of one for both directions. */
const parents = { ingress: 0xffff0000, in: 0xfffffff2, out: 0xfffffff3 } as const;
/** linux/if_ether.h, most significant byte first. */
const protocols = { ip: 0x0008, arp: 0x0608 } as const;
const TCA = { kind: 1, options: 2 } as const;
const TCA_U32 = { class: 1, selector: 5, actions: 7 } as const;
const TC_U32_TERMINAL = 1;
const TCA_ACT = { kind: 1, options: 2 } as const;
const TCA_MIRRED_PARMS = 2;
/** What is done with the frame, and what becomes of it here: TC_ACT_STOLEN is 4, TC_ACT_PIPE 3. */
const actions = {
  'redirect out': { mirred: 1, verdict: 4 },
  'mirror out': { mirred: 2, verdict: 3 },
  'redirect in': { mirred: 3, verdict: 4 },
} as const;

/** 32 bits of the packet: most significant byte first, at an offset from its network header. */
export interface Key {
  readonly offset: number;
  readonly value: number;
  readonly mask: number;
}

export interface FilterRule {
  readonly at: keyof typeof parents;
  /** Lower ones come first. */
  readonly priority: number;
  readonly protocol: keyof typeof protocols;
  /** All must fit; none: everything does. */
  readonly keys: readonly Key[];
  /** Undefined: what fits goes on as if there were no filters. */
  readonly action?: { readonly kind: keyof typeof actions; readonly to: number };
}

/** A queue with filters for what comes in and for what goes out. */
export function addBothWays(socket: Netlink, link: number): void {
  const body = join(header(link, handle, TC_H_CLSACT), attribute(TCA.kind, 'clsact'));
  socket.request('adding a queue for both directions', RTM_NEWQDISC, CREATE | EXCL, body);
}

export function addFilter(socket: Netlink, link: number, { at, priority, protocol, keys, action }: FilterRule): void {
  const options = [
    attribute(TCA_U32.class, 1),
    attribute(TCA_U32.selector, selector(keys)),
    ...(action === undefined ? [] : [nested(TCA_U32.actions, mirred(action))]),
  ];
  const info = priority * 2 ** 16 + protocols[protocol];
  const body = join(header(link, 0, parents[at], info), attribute(TCA.kind, 'u32'), nested(TCA.options, ...options));
  socket.request('adding a filter', RTM_NEWTFILTER, CREATE | EXCL, body);
}

function header(link: number, own: number, parent: number, info = 0): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = viewOf(bytes);
  view.setInt32(4, link, true);
  for (const [at, value] of [own, parent, info].entries()) view.setUint32(8 + 4 * at, value, true);
  return bytes;
}

/** struct tc_u32_sel, and a struct tc_u32_key for each; one that lets everything through where there is none. */
function selector(keys: readonly Key[]): Uint8Array {
  const all = keys.length > 0 ? keys : [{ offset: 0, value: 0, mask: 0 }];
  const bytes = new Uint8Array(16 + 16 * all.length);
  const view = viewOf(bytes);
  bytes[0] = TC_U32_TERMINAL;
  bytes[2] = all.length;
  for (const [index, { offset, value, mask }] of all.entries()) {
    const at = 16 + 16 * index;
    view.setUint32(at, mask);
    view.setUint32(at + 4, value);
    view.setInt32(at + 8, offset, true);
  }
  return bytes;
}

function mirred({ kind, to }: NonNullable<FilterRule['action']>): Uint8Array {
  const parameters = new Uint8Array(28); // struct tc_mirred
  const view = viewOf(parameters);
  view.setInt32(8, actions[kind].verdict, true);
  view.setInt32(20, actions[kind].mirred, true);
  view.setUint32(24, to, true);
  return nested(1, attribute(TCA_ACT.kind, 'mirred'), nested(TCA_ACT.options, attribute(TCA_MIRRED_PARMS, parameters)));
}
