/** Mode `nat`: the guest has a small subnet of its own behind the namespace's addresses, and some of their ports. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Host, NetworkDevice } from '../../../core/plugin.ts';
import { findNamespace, inodeOf, type Namespace } from '../namespace.ts';
import { files, othersIn } from '../others.ts';
import { connectResolver, disconnectResolver } from '../resolver/connect.ts';
import type { ResolverLink } from '../resolver/links.ts';
import { procNet } from '../resolver/listeners.ts';
import { planResolver, type ResolverPlan } from '../resolver/plan.ts';
import { setBack, settingsBefore } from '../shared-settings.ts';
import { readSetting, readSettings, type Settings } from '../sysctl.ts';
import { tapName } from '../tap-name.ts';
import { requireUnclaimed } from './claims.ts';
import { connectShare, disconnectShare, makeShareTap, removeShareTap } from './connect.ts';
import { interfacesFor } from './interfaces.ts';
import { listeningPorts, type Port } from './ports.ts';
import { deviceOf, makeShare, type Share } from './share.ts';

const name = 'network-nat';

/** What there is to undo. */
interface Work {
  readonly namespace: Namespace;
  readonly share: Share;
  /** What is to be set back, when nobody else needs it. */
  readonly settings: Settings;
  readonly resolver: readonly ResolverLink[];
}

/** What is to be done, before it is known what others have done. */
interface Draft extends Omit<Work, 'settings'> {
  /** Interfaces of the namespace that are to forward. */
  readonly interfaces: readonly string[];
}

export interface Wanted {
  /** Name of the guest's device. */
  readonly device: string;
  readonly ports: readonly Port[];
  readonly isHost: boolean;
  readonly nameServers: readonly string[];
  /** Milliseconds. */
  readonly wait: number;
}

export interface Attached {
  readonly device: NetworkDevice;
  readonly resolver: ResolverPlan;
  /** Whether the name server inside is in the guest's reach. */
  readonly reached: boolean;
}

/** A function that gives a guest its share; `release` is the resource's. */
export function shares(host: Host): (container: Container, netns: string, wanted: Wanted) => Promise<Attached> {
  const resource = host.resource<Draft, boolean>({
    name,
    async acquire(container, { namespace, share, resolver, interfaces }) {
      const netns = container.netns as string;
      const listening = listeningPorts(
        procNet(netns, 'tcp') + procNet(netns, 'tcp6'),
        procNet(netns, 'udp') + procNet(netns, 'udp6'),
      );
      await host.inTurn(container, async () => {
        const others = await othersIn(host, container, netns, namespace.inode);
        requireUnclaimed(share.ports, others, listening);
        const settings = settingsBefore(await host.inNetwork(netns, () => readSettings(interfaces.map(forwarding))), others);
        const work: Work = { namespace, share, settings, resolver };
        const file = join(container.directory, files.share);
        // Written first: a crash at any later point is cleaned up by what it says.
        writeFileSync(`${file}.new`, JSON.stringify(work), { mode: 0o600 });
        renameSync(`${file}.new`, file);
        await makeShareTap(host, netns, share, on(settings));
      });
      await connectShare(host, netns, share);
      return await connectResolver(host, netns, resolver);
    },
    async release(container) {
      const file = join(container.directory, files.share);
      const work = readWork(file);
      const netns = work && findNamespace(work.namespace);
      if (!work || netns === undefined) return;
      await disconnectResolver(host, netns, work.resolver);
      await host.inTurn(container, async () => {
        await setBack(host, container, netns, { inode: work.namespace.inode, settings: work.settings });
        await removeShareTap(host, netns, work.share);
      });
      await disconnectShare(host, netns, work.share);
      rmSync(file, { force: true });
    },
  });

  return async (container, netns, { device: deviceName, ports, isHost, nameServers, wait }) => {
    const inode = inodeOf(netns) ?? 0;
    const interfaces = await interfacesFor(host, netns, wait);
    const mtu = Math.min(...interfaces.map((each) => each.mtu), 65_535);
    const tap = tapName(container.id, 0);
    const share = makeShare({ tap, routes: procNet(netns, 'route'), mtu: interfaces.length > 0 ? mtu : 1500, ports, isHost });
    const device = deviceOf(deviceName, share);
    const resolver = planResolver(netns, nameServers, [{ mode: 'nat', tap }], [device]);
    if (isHost) await host.inNetwork(netns, requireForwarding);
    const path = isHost ? '/proc/self/ns/net' : container.joinedNetns;
    const namespace = path === undefined ? { inode } : { inode, path };
    const names = isHost ? [] : interfaces.map((each) => each.name);
    const reached = await resource.take(container, { namespace, share, resolver: resolver.links, interfaces: names });
    return { device, resolver, reached };
  };
}

const forwarding = (interfaceName: string) => `ipv4/conf/${interfaceName}/forwarding`;

const on = (settings: Settings): Settings => Object.fromEntries(Object.keys(settings).map((setting) => [setting, '1']));

/** A host is not made a router on the quiet. */
function requireForwarding(): void {
  if (readSetting('ipv4/ip_forward') === '1') return;
  throw Object.assign(new Error("the guest is to use the host's network, and this host forwards no packets"), {
    code: 'ERR_NETWORK',
    hint: 'sysctl -w net.ipv4.ip_forward=1',
  });
}

function readWork(file: string): Work | undefined {
  // Not written: nothing was done.
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Work) : undefined;
}
