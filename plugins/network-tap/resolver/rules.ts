/**
 * The rules of nft on the way to the name server. A question that comes in at the device (the tap itself, where the kernel may
 * hear what comes in there) has its addresses rewritten, without state, to what the name server has and what leads back; the
 * answer goes out at that device and is rewritten the other way round.
 */
import type { Settings } from '../sysctl.ts';
import { dnsPort, type ResolverLink, told } from './links.ts';
import { chainsOutwards } from './outwards.ts';
import { peerOf } from './wiring.ts';

/** Whose nobody else's is: administered locally, and the told address behind it. */
const toldMac = '02:00:a9:fe:35:35';

/** Packets for 127.0.0.0/8 are good on this device, and only those come this far that `rules` lets through. */
export const deviceSettings = ({ device, tap }: ResolverLink): Settings => ({
  [`ipv4/conf/${device}/route_localnet`]: '1',
  ...(device === tap ? {} : { [`ipv6/conf/${device}/disable_ipv6`]: '1', [`ipv6/conf/${peerOf(device)}/disable_ipv6`]: '1' }),
});

/** For nft: tables of our own, named after the device. Nothing else gets to loopback addresses through it. */
export function rules(link: ResolverLink): string {
  const { device, guest, mac, source, listener } = link;
  const ports = (['udp', 'tcp'] as const).flatMap((protocol) => {
    const port = listener[protocol];
    return port === undefined ? [] : [{ protocol, port }];
  });
  const questions = ports.map(
    ({ protocol, port }) =>
      `ip daddr ${told} ${protocol} dport ${dnsPort} ip saddr set ${source} ip daddr set ${listener.address} ` +
      // Its hardware address is the gateway's.
      `${protocol} dport set ${port} meta pkttype set host accept`,
  );
  const answers = ports.map(
    ({ protocol, port }) =>
      `oifname "${device}" ip saddr ${listener.address} ${protocol} sport ${port} ` +
      `ip saddr set ${told} ip daddr set ${guest} ${protocol} sport set ${dnsPort}`,
  );
  return [
    `table netdev ${tableOf(device)} {`,
    'chain questions {',
    `type filter hook ingress device "${device}" priority 0; policy accept;`,
    `ip daddr { 127.0.0.0/8, ${source} } drop`,
    // For guests that look for a link-local address on the link, and those without a gateway: the request goes back as its answer.
    `arp operation request arp daddr ip ${told} arp operation set reply ether daddr set ${mac} ether saddr set ${toldMac} ` +
      `arp saddr ether set ${toldMac} arp saddr ip set ${told} arp daddr ether set ${mac} arp daddr ip set ${guest} fwd to "${device}"`,
    ...questions,
    `ip daddr ${told} drop`,
    '}',
    '}',
    `table ip ${tableOf(device)} {`,
    'chain answers {',
    // Behind all that follows connections: they know the name server's own address.
    'type filter hook postrouting priority 300; policy accept;',
    ...answers,
    '}',
    ...chainsOutwards(link),
    '}\n',
  ].join('\n');
}

/** Deleted whether they are there or not. */
export const withoutRules = ({ device }: ResolverLink): string =>
  ['netdev', 'ip']
    .map((family) => `table ${family} ${tableOf(device)} { }\ndelete table ${family} ${tableOf(device)}\n`)
    .join('');

/** Names of tables have no dash. */
const tableOf = (device: string): string => `${device.replaceAll('-', '_')}_names`;
