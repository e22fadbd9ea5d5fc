/** What is to be done about name servers of a resolv.conf that a guest cannot reach by itself. */
import type { Host, NetworkDevice } from '../../../core/plugin.ts';
import { planLinks, type ResolverLink, type Tapped, told } from './links.ts';
import { isLoopback, listenerAt, procNet } from './listeners.ts';

export interface ResolverPlan {
  readonly links: readonly ResolverLink[];
  /** What the guest is told once the links are there; without them, the name servers that it can reach. */
  nameServers(reached: boolean): readonly string[];
  /** The devices as the guest is told of them: where no route leads to that address, it is on the link. */
  devices(reached: boolean): readonly NetworkDevice[];
  /** A loopback address in resolv.conf, where there is one. */
  readonly inside: string | undefined;
}

/** The first name server of the namespace itself counts: all of them would be told by the one address. */
export function planResolver(
  netns: string,
  nameServers: readonly string[],
  wires: readonly Tapped[],
  devices: readonly NetworkDevice[],
): ResolverPlan {
  const inside = nameServers.find(isLoopback);
  const outside = nameServers.filter((address) => !isLoopback(address));
  // Ordinary name servers cost nothing.
  const listener = inside === undefined ? undefined : listenerAt(inside, procNet(netns, 'udp'), procNet(netns, 'tcp'));
  const links = listener === undefined ? [] : planLinks(listener, wires, devices, procNet(netns, 'route'));
  const first = nameServers[0] === inside;
  return {
    links,
    inside,
    nameServers: (reached) => (!reached ? outside : first ? [told, ...outside] : [...outside, told]),
    devices: (reached) =>
      devices.map((device) => {
        const isLinked = reached && links.some(({ tap }) => tap === device.tap);
        if (!isLinked || device.routes.some(({ destination }) => destination === '0.0.0.0/0')) return device;
        return { ...device, routes: [...device.routes, { destination: `${told}/32` }] };
      }),
  };
}

/** Modes in which the namespace has no address left from which its name server could ask others. */
const mute: readonly string[] = ['bridge', 'macvtap'];

/** Says why a guest is not told of the name server of its namespace, or what that cannot do. */
export function warnOf({ log }: Pick<Host, 'log'>, { inside, links }: ResolverPlan, reached: boolean): void {
  if (inside === undefined) return;
  if (!reached) {
    const why = links.length > 0 ? 'this system has no program nft: install nftables' : 'nobody listens there';
    log.warn(`the guest cannot reach the name server ${inside} of its container, as ${why}`);
    return;
  }
  const link = links.find(({ mode }) => mute.includes(mode));
  if (link === undefined) return;
  const where = `${link.interface ?? 'its interface'}, whose address is the guest's alone in mode ${link.mode}`;
  log.warn(
    `the name server ${inside} of the container can tell the guest names of containers only: it can ask nobody by ${where}`,
  );
}
