/** Connects the network devices of a unikernel with the interfaces of its container, by tap devices. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Host, Netlink, NetworkDevice, Plugin } from '../../core/plugin.ts';
import { withAnnotations } from './annotations.ts';
import { connect, disconnect } from './connect.ts';
import { lookForInterfaces } from './look.ts';
import { openMacvtap } from './macvtap.ts';
import { findNamespace, inodeOf, type Namespace } from './namespace.ts';
import { complete, type Options, schema } from './options.ts';
import { planNetwork } from './plan.ts';
import { requireFree } from './require-free.ts';
import { parseResolvConf } from './resolv-conf.ts';
import { connectResolver, disconnectResolver } from './resolver/connect.ts';
import type { ResolverLink } from './resolver/links.ts';
import { planResolver } from './resolver/plan.ts';
import { readShared, type Settings, write } from './settings.ts';
import type { Wire } from './wiring.ts';

const name = 'network-tap';

/** What there is to undo. */
interface Work {
  readonly namespace: Namespace;
  readonly wires: readonly Wire[];
  /** What is to be set back. */
  readonly settings: Settings;
  /** Ways to a name server that listens inside of the namespace. */
  readonly resolver: readonly ResolverLink[];
}

export default {
  name,
  api: 1,
  options: schema,
  apply(host, given) {
    const options = complete(given);
    const taps = host.resource<Work, boolean>({
      name,
      async acquire(container, work) {
        const netns = netnsOf(container);
        // Written first: a crash at any later point is cleaned up by what it says.
        const draft = `${workFile(container)}.new`;
        writeFileSync(draft, JSON.stringify(work), { mode: 0o600 });
        renameSync(draft, workFile(container));
        await connect(host, netns, work.wires);
        return await connectResolver(host, netns, work.resolver);
      },
      async release(container) {
        const work = readWork(container);
        const netns = work && findNamespace(work.namespace);
        if (!work || netns === undefined) return;
        await disconnectResolver(host, netns, work.resolver);
        await disconnect(host, netns, work.wires);
        await host.inNetwork(netns, () => write(work.settings));
      },
    });

    host.hooks.network.tapPromise(name, async (container, unikernel) => {
      const netns = netnsOf(container);
      const inode = inodeOf(netns) ?? 0;
      refuseHost(inode);
      const own = withAnnotations(options, container.annotations);
      const declared = unikernel.devices.filter(({ kind }) => kind === 'net');
      const needed = declared.filter(({ optional }) => !optional);
      const wait = own.mode === 'none' ? 0 : own.wait;
      const path = container.joinedNetns;
      const { wires, told } = await plan(host, netns, async (socket) => {
        const interfaces = await lookForInterfaces(socket, needed.length, wait);
        // A guest that can do without a network is not given one that leads nowhere.
        const devices = (interfaces.length >= declared.length ? declared : needed).map((device) => device.name);
        const { wires, devices: told } = planNetwork(container.id, devices, interfaces, own);
        const used = interfaces.filter((each) => wires.some((wire) => wire.interface === each.name));
        if (path !== undefined) requireFree(socket, used);
        return { wires, told };
      });
      const settings = await host.inNetwork(netns, () => readShared(wires));
      const { nameServers, searchDomains } = resolverOf(container);
      const resolver = planResolver(netns, nameServers, wires, told);
      const namespace = path === undefined ? { inode } : { inode, path };
      const reached = await taps.take(container, { namespace, wires, settings, resolver: resolver.links });
      if (!reached && resolver.inside !== undefined) {
        const why = resolver.links.length > 0 ? 'this system has no program nft: install nftables' : 'nobody listens there';
        host.log.warn(`the guest cannot reach the name server ${resolver.inside} of its container, as ${why}`);
      }
      const devices = await openDevices(host, netns, resolver.devices(reached), wires);
      return { devices, nameServers: resolver.nameServers(reached), searchDomains };
    });
  },
} satisfies Plugin<Partial<Options>>;

async function plan<Result>(
  host: Pick<Host, 'netlink'>,
  netns: string,
  work: (socket: Netlink) => Promise<Result>,
): Promise<Result> {
  const socket = await host.netlink(netns);
  try {
    return await work(socket);
  } finally {
    socket.close();
  }
}

/** A tap is found by its name in the guest's process; a macvtap has to be handed over open. */
function openDevices(
  host: Host,
  netns: string,
  devices: readonly NetworkDevice[],
  wires: readonly Wire[],
): Promise<readonly NetworkDevice[]> {
  return Promise.all(
    devices.map(async (device) => {
      const isMacvtap = wires.some(({ mode, tap }) => mode === 'macvtap' && tap === device.tap);
      return isMacvtap ? { ...device, file: await openMacvtap(host, netns, device.tap) } : device;
    }),
  );
}

function netnsOf({ netns }: Container): string {
  if (netns === undefined) throw new Error('the container has no network namespace yet');
  return netns;
}

/** The host's own interfaces are not for a guest to take. */
function refuseHost(inode: number): void {
  if (inode !== inodeOf('/proc/self/ns/net')) return;
  throw Object.assign(new Error("the container is to use the host's network, and a unikernel has a network stack of its own"), {
    code: 'ERR_NETWORK',
    hint: 'connect it to a network instead, and publish its ports (docker run -p)',
  });
}

const workFile = ({ directory }: Container) => join(directory, `${name}.json`);

function readWork(container: Container): Work | undefined {
  try {
    return JSON.parse(readFileSync(workFile(container), 'utf8')) as Work;
  } catch (error) {
    // Not written: nothing was done.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** From the resolv.conf that the engine mounts. */
function resolverOf({ mounts }: Container) {
  const source = mounts.find(({ destination }) => destination === '/etc/resolv.conf')?.source;
  try {
    return parseResolvConf(source === undefined ? '' : readFileSync(source, 'utf8'));
  } catch {
    // Without name servers a guest can still be reached.
    return parseResolvConf('');
  }
}
