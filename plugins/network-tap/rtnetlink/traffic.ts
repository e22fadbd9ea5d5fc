/**
 * Traffic control: RTM_*QDISC and RTM_*TFILTER with struct tcmsg (linux/rtnetlink.h, linux/pkt_sched.h, linux/pkt_cls.h), and the
 * action mirred (linux/tc_act/tc_mirred.h).
 */
import type { Netlink } from '../../../core/plugin.ts';
import { type Attributes, attribute, join, nested, readAttributes, readNumber, readText, viewOf } from './attributes.ts';
import { CREATE, DUMP, EXCL, ifNone, passing } from './requests.ts';

const RTM_NEWQDISC = 36;
const RTM_DELQDISC = 37;
const RTM_NEWTFILTER = 44;
const RTM_GETTFILTER = 46;
const TC_H_INGRESS = 0xfffffff1;
/** Handle of a link's ingress, and the parent of its filters: `ffff:`. */
const ingress = 0xffff0000;
const ETH_P_ALL_BIG_ENDIAN = 0x0300;
const TCA = { kind: 1, options: 2 } as const;
const TCA_ACT = { kind: 1, options: 2 } as const;
const TCA_MIRRED_PARMS = 2;
const TCA_EGRESS_REDIR = 1;
const TC_ACT_STOLEN = 4;
const TCA_U32_SEL = 5;
const TC_U32_TERMINAL = 1;

/** Classifiers that match every frame, with where their actions are: kernels have one or the other (CONFIG_NET_CLS_*). */
const classifiers = [
  { kind: 'u32', actions: 7, options: [attribute(TCA_U32_SEL, matchAll())] },
  { kind: 'matchall', actions: 2, options: [] },
] as const;

/** struct tc_u32_sel with one key, whose mask lets everything through. */
function matchAll(): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[0] = TC_U32_TERMINAL;
  bytes[2] = 1;
  return bytes;
}

function header(link: number, handle: number, parent: number, info = 0): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = viewOf(bytes);
  view.setInt32(4, link, true);
  for (const [at, value] of [handle, parent, info].entries()) view.setUint32(8 + 4 * at, value, true);
  return bytes;
}

export function addIngress(socket: Netlink, link: number): void {
  const body = join(header(link, ingress, TC_H_INGRESS), attribute(TCA.kind, 'ingress'));
  socket.request('adding a queue for what comes in', RTM_NEWQDISC, CREATE | EXCL, body);
}

/** Removes it with its filters; one that is gone already is passed over. */
export function deleteIngress(socket: Netlink, link: number): void {
  const body = join(header(link, ingress, TC_H_INGRESS), attribute(TCA.kind, 'ingress'));
  // EINVAL: what is there in its place is another kind of queue, and not ours.
  passing(['EINVAL'], () => ifNone(() => socket.request('removing a queue for what comes in', RTM_DELQDISC, 0, body)));
}

/**
 * Sends every frame that comes in at one link out at another one.
 * @throws SysError of the first classifier that this kernel has
 */
export function redirect(socket: Netlink, from: number, to: number): void {
  for (const [index, { kind, actions, options }] of classifiers.entries()) {
    const body = join(
      header(from, 0, ingress, ETH_P_ALL_BIG_ENDIAN),
      attribute(TCA.kind, kind),
      nested(TCA.options, ...options, nested(actions, mirred(to))),
    );
    const add = () => socket.request('sending frames on', RTM_NEWTFILTER, CREATE | EXCL, body);
    // ENOENT: this kernel has no such classifier.
    const done = index < classifiers.length - 1 ? passing(['ENOENT'], add) : add();
    if (done !== undefined) return;
  }
}

function mirred(to: number): Uint8Array {
  const parameters = new Uint8Array(28); // struct tc_mirred
  const view = viewOf(parameters);
  view.setInt32(8, TC_ACT_STOLEN, true);
  view.setInt32(20, TCA_EGRESS_REDIR, true);
  view.setUint32(24, to, true);
  return nested(1, attribute(TCA_ACT.kind, 'mirred'), nested(TCA_ACT.options, attribute(TCA_MIRRED_PARMS, parameters)));
}

export interface Filter {
  /** Index of the link to which it sends frames on, 0 for one that is gone; undefined for filters that do something else. */
  readonly target: number | undefined;
}

/** The filters for what comes in at a link. */
export function filtersOf(socket: Netlink, link: number): readonly Filter[] {
  const question = () => socket.request('listing filters', RTM_GETTFILTER, DUMP, header(link, 0, ingress));
  // EINVAL: nothing comes in by way of a queue.
  const answers = passing(['EINVAL'], () => ifNone(question)) ?? [];
  return answers
    .map(({ body }) => readAttributes(body, 20))
    .filter(isFilter)
    .map((filter) => ({ target: targetOf(filter) }));
}

/** Not what only holds filters: one without options, and the hash table of a u32. */
function isFilter(filter: Attributes): boolean {
  const options = readAttributes(filter.get(TCA.options) ?? new Uint8Array());
  return readText(filter.get(TCA.kind)) === 'u32' ? options.has(TCA_U32_SEL) : options.size > 0;
}

function targetOf(filter: Attributes): number | undefined {
  const classifier = classifiers.find(({ kind }) => kind === readText(filter.get(TCA.kind)));
  const actions = classifier && readAttributes(filter.get(TCA.options) ?? new Uint8Array()).get(classifier.actions);
  for (const action of actions ? readAttributes(actions).values() : []) {
    const parameters = readAttributes(readAttributes(action).get(TCA_ACT.options) ?? new Uint8Array()).get(TCA_MIRRED_PARMS);
    if (parameters) return readNumber(parameters.subarray(24)) ?? 0;
  }
  return undefined;
}
