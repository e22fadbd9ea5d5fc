/** Connects the network devices of a unikernel with the interfaces of its container, by tap devices. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Host, Netlink, NetworkDevice, Plugin } from '../../core/plugin.ts';
import { withAnnotations } from './annotations.ts';
import { connect, disconnect } from './connect.ts';
import { lookForInterfaces } from './look.ts';
import { openMacvtap } from './macvtap.ts';
import { findNamespace, inodeOf, type Namespace } from './namespace.ts';
import { requireUnshared } from './nat/claims.ts';
import { shares } from './nat/index.ts';
import { onlyDevice, portsFor, wantsShare } from './nat/wanted.ts';
import { complete, type Options, schema } from './options.ts';
import { othersIn, ownerOf } from './others.ts';
import { planNetwork } from './plan.ts';
import { requireFree } from './require-free.ts';
import { resolverOf } from './resolv-conf.ts';
import { connectResolver, disconnectResolver } from './resolver/connect.ts';
import type { ResolverLink } from './resolver/links.ts';
import { planResolver, warnOf } from './resolver/plan.ts';
import { readShared } from './settings.ts';
import { setBack, settingsBefore } from './shared-settings.ts';
import type { Settings } from './sysctl.ts';
import { withFile } from './tap.ts';
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

/** What is to be done, before it is known what others have done. */
type Draft = Omit<Work, 'settings'>;

export default {
  name,
  api: 1,
  options: schema,
  apply(host, given) {
    const options = complete(given);
    /** A namespace that was given may be others' too. */
    const inTurn = async (container: Container, { path }: Namespace, step: () => Promise<void>) =>
      path === undefined ? await step() : await host.inTurn(container, step);
    const taps = host.resource<Draft, boolean>({
      name,
      async acquire(container, draft) {
        const netns = netnsOf(container);
        const { namespace, wires, resolver } = draft;
        await inTurn(container, namespace, async () => {
          const others = namespace.path === undefined ? [] : await othersIn(host, container, netns, namespace.inode);
          requireUnshared(others);
          const isRouted = wires.some(({ mode }) => mode === 'routed');
          const settings = isRouted ? settingsBefore(await host.inNetwork(netns, () => readShared(wires)), others) : {};
          writeWork(container, { ...draft, settings });
          await connect(host, netns, wires);
        });
        return await connectResolver(host, netns, resolver);
      },
      async release(container) {
        const work = readWork(container);
        const netns = work && findNamespace(work.namespace);
        if (!work || netns === undefined) return;
        await disconnectResolver(host, netns, work.resolver);
        await inTurn(container, work.namespace, async () => {
          await setBack(host, container, netns, { inode: work.namespace.inode, settings: work.settings });
          await disconnect(host, netns, work.wires);
        });
      },
    });

    const attachShare = shares(host);
    host.hooks.network.tapPromise(name, async (container, unikernel) => {
      const netns = netnsOf(container);
      const inode = inodeOf(netns) ?? 0;
      const own = withAnnotations(options, container.annotations);
      const declared = unikernel.devices.filter(({ kind }) => kind === 'net');
      const { nameServers, searchDomains } = resolverOf(container);
      const isHost = inode === inodeOf('/proc/self/ns/net');
      const ports = portsFor(own, container);
      if (wantsShare(own, ports, container, isHost)) {
        const device = onlyDevice(declared.map((each) => each.name));
        if (device === undefined) return { devices: [], nameServers, searchDomains };
        const wanted = { device, ports, isHost, nameServers, wait: own.wait };
        const { resolver, reached } = await attachShare(container, netns, wanted);
        warnOf(host, resolver, reached);
        return { devices: resolver.devices(reached).map(withFile), nameServers: resolver.nameServers(reached), searchDomains };
      }
      const needed = declared.filter(({ optional }) => !optional);
      const wait = own.mode === 'none' ? 0 : own.wait;
      const path = container.joinedNetns;
      if (path !== undefined) requireUnshared(await othersIn(host, container, netns, inode));
      const { wires, told } = await plan(host, netns, async (socket) => {
        const interfaces = await lookForInterfaces(socket, needed.length, wait);
        // A guest that can do without a network is not given one that leads nowhere.
        const devices = (interfaces.length >= declared.length ? declared : needed).map((device) => device.name);
        const { wires, devices: told } = planNetwork(container.id, devices, interfaces, own);
        const used = interfaces.filter((each) => wires.some((wire) => wire.interface === each.name));
        if (path !== undefined) requireFree(socket, used, (tap) => ownerOf(container, tap));
        return { wires, told };
      });
      const resolver = planResolver(netns, nameServers, wires, told);
      const namespace = path === undefined ? { inode } : { inode, path };
      const reached = await taps.take(container, { namespace, wires, resolver: resolver.links });
      warnOf(host, resolver, reached);
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

/** The guest's process gets them open: taps as they were made, macvtaps by a device that has no name there. */
function openDevices(
  host: Host,
  netns: string,
  devices: readonly NetworkDevice[],
  wires: readonly Wire[],
): Promise<readonly NetworkDevice[]> {
  return Promise.all(
    devices.map(async (device) => {
      const isMacvtap = wires.some(({ mode, tap }) => mode === 'macvtap' && tap === device.tap);
      return isMacvtap ? { ...device, file: await openMacvtap(host, netns, device.tap) } : withFile(device);
    }),
  );
}

function netnsOf({ netns }: Container): string {
  if (netns === undefined) throw new Error('the container has no network namespace yet');
  return netns;
}

const workFile = ({ directory }: Container) => join(directory, `${name}.json`);

/** Written first: a crash at any later point is cleaned up by what it says. */
function writeWork(container: Container, work: Work): void {
  const draft = `${workFile(container)}.new`;
  writeFileSync(draft, JSON.stringify(work), { mode: 0o600 });
  renameSync(draft, workFile(container));
}

function readWork(container: Container): Work | undefined {
  try {
    return JSON.parse(readFileSync(workFile(container), 'utf8')) as Work;
  } catch (error) {
    // Not written: nothing was done.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
