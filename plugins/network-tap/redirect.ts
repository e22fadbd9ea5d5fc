/**
 * Mode `redirect`: what comes in at the interface goes out at the tap and the other way round (tc-mirred(8)). The interface keeps its
 * address for engines to look at; the kernel of the namespace hears nothing of it any more.
 */
import type { Netlink } from '../../core/plugin.ts';
import { changeLink, findLink, indexOf, readLinks } from './rtnetlink/links.ts';
import { addIngress, deleteIngress, filtersOf, redirect } from './rtnetlink/traffic.ts';
import type { Wire } from './wiring.ts';

export function connectRedirect(socket: Netlink, { tap, interface: name = '', mtu }: Wire): void {
  const [link, own] = [indexOf(socket, name), indexOf(socket, tap)];
  changeLink(socket, own, { mtu, up: true }, `bringing the tap ${tap} up`);
  for (const index of [link, own]) addIngress(socket, index);
  redirect(socket, link, own);
  redirect(socket, own, link);
}

/** While the tap is still there. */
export function disconnectRedirect(socket: Netlink, { tap, interface: name = '' }: Wire): void {
  const link = findLink(socket, name)?.index;
  if (link === undefined) return;
  const filters = filtersOf(socket, link);
  const own = findLink(socket, tap)?.index;
  // An ingress without filters is what a crash between two steps leaves: the interface had none before.
  if (filters.length === 0 || filters.some(({ target }) => target === own || target === 0)) deleteIngress(socket, link);
}

/** Name of the link to which somebody sends already what comes in there: of a unikernel's tap, or of anything else; '' for filters of other kinds. */
export function redirectedTo(socket: Netlink, name: string): string | undefined {
  const link = findLink(socket, name)?.index;
  const [filter] = link === undefined ? [] : filtersOf(socket, link);
  return filter && (readLinks(socket).find(({ index }) => index === filter.target)?.name ?? '');
}
