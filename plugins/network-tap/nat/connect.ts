/** Makes a share, and takes it back. */
import type { Host } from '../../../core/plugin.ts';
import { problem } from '../problem.ts';
import { addAddress } from '../rtnetlink/addresses.ts';
import { changeLink, deleteLink, findLink, indexOf } from '../rtnetlink/links.ts';
import { setNeighbour } from '../rtnetlink/neighbours.ts';
import { type Settings, writeSettings } from '../sysctl.ts';
import { makeTap } from '../tap.ts';
import { forwardRules, rules, tapSettings, withoutRules } from './rules.ts';
import { gatewayPrefix, type Share } from './share.ts';

export type Tools = Pick<Host, 'runInNetwork' | 'inNetwork' | 'netlink' | 'ioctl'>;

/** Makes the tap, still down, and has interfaces of the namespace forward. */
export async function makeShareTap(tools: Tools, netns: string, { tap }: Share, shared: Settings): Promise<void> {
  const socket = await tools.netlink(netns);
  // Of a container of the same id whose state was lost.
  if (findLink(socket, tap)) deleteLink(socket, tap);
  socket.close();
  await makeTap(tools, netns, tap);
  await tools.inNetwork(netns, () => writeSettings(shared));
}

/** Connects it. @throws Error ERR_NETWORK */
export async function connectShare(tools: Tools, netns: string, share: Share): Promise<void> {
  await tools.inNetwork(netns, () => writeSettings(tapSettings(share)));
  // Before the tap is up: nothing comes in unchecked.
  refuse(await tools.runInNetwork(netns, 'nft', ['-f', '-'], `${withoutRules(share)}${rules(share)}`));
  const socket = await tools.netlink(netns);
  try {
    const link = indexOf(socket, share.tap);
    changeLink(socket, link, { mtu: share.mtu, up: true }, `bringing the tap ${share.tap} up`);
    addAddress(socket, link, gatewayPrefix(share));
    setNeighbour(socket, share.guest, share.mac, link);
  } finally {
    socket.close();
  }
  if (!share.isHost) return;
  for (const rule of forwardRules(share)) {
    const result = await iptables(tools, netns, '-I', rule);
    if (result) refuse(result);
  }
}

export async function removeShareTap({ netlink }: Pick<Tools, 'netlink'>, netns: string, { tap }: Share): Promise<void> {
  const socket = await netlink(netns);
  deleteLink(socket, tap);
  socket.close();
}

/** Whatever else is there of it. */
export async function disconnectShare(tools: Tools, netns: string, share: Share): Promise<void> {
  await tools.runInNetwork(netns, 'nft', ['-f', '-'], withoutRules(share));
  if (share.isHost) for (const rule of forwardRules(share)) await iptables(tools, netns, '-D', rule);
}

type Result = Awaited<ReturnType<Host['runInNetwork']>>;

/** A host without iptables has no rules of it, and is passed over. */
async function iptables(tools: Tools, netns: string, command: string, [chain = '', ...rule]: readonly string[]) {
  try {
    return await tools.runInNetwork(netns, 'iptables', ['-w', command, chain, ...rule]);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_UNSUPPORTED') throw error;
    return undefined;
  }
}

function refuse({ status, stderr }: Result): void {
  if (status === 0) return;
  throw problem(`connecting the guest with a network namespace that others use: ${stderr.trim()}`);
}
