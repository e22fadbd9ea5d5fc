/** The interfaces of a namespace by which a guest behind it reaches others. */
import type { Host } from '../../../core/plugin.ts';

export interface Uplink {
  readonly name: string;
  readonly mtu: number;
}

interface Link {
  readonly ifname: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly linkinfo?: { readonly info_kind?: string };
}

/** How long between two looks, in milliseconds. */
const pause = 25;

/** All that are up, but the loopback and taps; waits for the first one for `wait` milliseconds. */
export async function interfacesFor(host: Pick<Host, 'runInNetwork'>, netns: string, wait: number): Promise<readonly Uplink[]> {
  const end = Date.now() + wait;
  for (;;) {
    const { status, stdout, stderr } = await host.runInNetwork(netns, 'ip', ['-json', '-details', 'link', 'show']);
    if (status !== 0) throw Object.assign(new Error(`ip cannot list the interfaces: ${stderr.trim()}`), { code: 'ERR_NETWORK' });
    const links = (JSON.parse(stdout) as readonly Link[]).filter(
      ({ flags, linkinfo }) => flags.includes('UP') && !flags.includes('LOOPBACK') && linkinfo?.info_kind !== 'tun',
    );
    if (links.length > 0 || Date.now() >= end) return links.map(({ ifname, mtu }) => ({ name: ifname, mtu }));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
