/** Makes taps and connects them, and takes all of it back: what each mode does, in the order that all have in common. */
import type { Host, Netlink } from '../../core/plugin.ts';
import { connectBridge, disconnectBridge, makeBridge } from './bridge.ts';
import { connectMacvtap, disconnectMacvtap, makeMacvtap } from './macvtap.ts';
import { problem } from './problem.ts';
import { connectRedirect, disconnectRedirect } from './redirect.ts';
import { connectRouted, disconnectRouted } from './routed-link.ts';
import { changeLink, deleteLink, indexOf } from './rtnetlink/links.ts';
import { errnoOf } from './rtnetlink/requests.ts';
import { changeSettings } from './settings.ts';
import { makeTap } from './tap.ts';
import { bridgeName } from './tap-name.ts';
import type { Wire } from './wiring.ts';

export type Tools = Pick<Host, 'netlink' | 'ioctl' | 'inNetwork'>;

interface Steps {
  /** After the tap was made, before settings: further links, still down. */
  readonly make?: (socket: Netlink, wire: Wire) => void;
  readonly connect: (socket: Netlink, wire: Wire) => void;
  /** Passes over what was never done or is undone already. */
  readonly disconnect?: (socket: Netlink, wire: Wire) => void;
}

const modes: Readonly<Record<Wire['mode'], Steps>> = {
  none: { connect: (socket, { tap, mtu }) => changeLink(socket, indexOf(socket, tap), { mtu, up: true }, 'bringing a tap up') },
  redirect: { connect: connectRedirect, disconnect: disconnectRedirect },
  routed: { connect: connectRouted, disconnect: disconnectRouted },
  bridge: { make: makeBridge, connect: connectBridge, disconnect: disconnectBridge },
  macvtap: { make: makeMacvtap, connect: connectMacvtap, disconnect: disconnectMacvtap },
};

/** Makes the taps and connects each with its interface. A failure is an error; the resource undoes what was done. */
export async function connect(tools: Tools, netns: string, wires: readonly Wire[]): Promise<void> {
  const socket = await tools.netlink(netns);
  try {
    for (const wire of wires) await make(tools, socket, netns, wire);
    await tools.inNetwork(netns, () => changeSettings(wires));
    for (const wire of wires) modes[wire.mode].connect(socket, wire);
  } catch (error) {
    throw problem(`connecting the network: ${(error as Error).message}`, hintFor(error, wires));
  } finally {
    socket.close();
  }
}

/** What a kernel without some part of it says: of a kind of link, or of a queue, classifier or action. */
function hintFor(error: unknown, wires: readonly Wire[]): string | undefined {
  const errno = errnoOf(error);
  if (errno === 'ENOTSUP' && wires.some(({ mode }) => mode === 'bridge' || mode === 'macvtap'))
    return 'this kernel may lack it: choose another mode in runnc.config';
  if (errno === 'ENOENT' && wires.some(({ mode }) => mode === 'redirect'))
    return 'this kernel may lack sch_ingress, cls_u32 (or cls_matchall) or act_mirred: choose the mode bridge in runnc.config';
  return undefined;
}

async function make(tools: Tools, socket: Netlink, netns: string, wire: Wire): Promise<void> {
  const work = async () => {
    if (wire.mode !== 'macvtap') await makeTap(tools, netns, wire.tap);
    modes[wire.mode].make?.(socket, wire);
  };
  try {
    await work();
  } catch (error) {
    if (!['EBUSY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error;
    // Links of a container of the same id whose state was lost; the names are nobody else's.
    for (const name of [wire.tap, bridgeName(wire.tap)]) deleteLink(socket, name);
    await work();
  }
}

/** Takes everything back that is ours; what is gone already is passed over. */
export async function disconnect({ netlink }: Pick<Tools, 'netlink'>, netns: string, wires: readonly Wire[]): Promise<void> {
  const socket = await netlink(netns);
  try {
    // Every one, even if another fails.
    const failures = wires.flatMap((wire) => {
      try {
        modes[wire.mode].disconnect?.(socket, wire);
        deleteLink(socket, wire.tap);
        return [];
      } catch (error) {
        return [(error as Error).message];
      }
    });
    if (failures.length > 0) throw problem(failures.join('; '));
  } finally {
    socket.close();
  }
}
