/**
 * The way to the name server as lines for ip, tc and nft. A question that comes in at the device (the tap itself, where the kernel may
 * hear what comes in there) has its addresses rewritten, without state, to what the name server has and what leads back; the
 * answer goes out at that device and is rewritten the other way round.
 */
import type { Settings } from '../settings.ts';
import { type ResolverLink, told } from './links.ts';

const dns = 53;
/** Whose nobody else's is: administered locally, and the told address behind it. */
const toldMac = '02:00:a9:fe:35:35';
/** Where a request has the address that is asked for (RFC 826), and that address as tc writes it. */
const arpTarget = `u32 match u32 0x${told
  .split('.')
  .map((byte) => Number(byte).toString(16).padStart(2, '0'))
  .join('')} 0xffffffff at 24`;

/** With what is there already left out: a tap is there, and in mode `redirect` it has a qdisc. */
export function makeLines({ device, tap, source, guest, mac }: ResolverLink): readonly string[] {
  return [
    ...(device === tap ? [] : [`link add dev ${device} type veth peer name ${peerOf(device)}`]),
    ...(device === tap ? [] : [`link set dev ${peerOf(device)} up`, `link set dev ${device} up`]),
    `route replace ${source} dev ${device}`,
    // The kernel looks for the neighbour when the answer has the guest's own address again.
    `neighbour replace ${guest} lladdr ${mac} dev ${device} nud permanent`,
  ];
}

/** Lines that undo them, where that does not go with the tap. */
export const unmakeLines = ({ device, tap }: ResolverLink): readonly string[] =>
  device === tap ? [] : [`link delete dev ${device}`];

const peerOf = (device: string): string => device.replace(/^rd/, 're');

/** Packets for 127.0.0.0/8 are good on this device, and only those come this far that `rules` lets through. */
export const deviceSettings = ({ device, tap }: ResolverLink): Settings => ({
  [`ipv4/conf/${device}/route_localnet`]: '1',
  ...(device === tap ? {} : { [`ipv6/conf/${device}/disable_ipv6`]: '1', [`ipv6/conf/${peerOf(device)}/disable_ipv6`]: '1' }),
});

/**
 * Lines for tc. In mode `redirect` the name server has to hear from its own servers too, and the kernel from its gateway: ARP and
 * what comes from port 53 go to both, the guest and the namespace.
 */
export function catchLines({ device, tap, mode, interface: name }: ResolverLink): readonly string[] {
  const question = `filter add dev ${tap} parent ffff: pref 1 protocol ip u32 match ip dst ${told}/32`;
  const both = (pref: number, what: string) =>
    `filter add dev ${name} parent ffff: pref ${pref} protocol ${what} action mirred egress mirror dev ${tap}`;
  if (mode === 'redirect') {
    // A filter without an action: what it matches goes up.
    const up = 'flowid :1';
    const arp = `filter add dev ${tap} parent ffff: pref 2 protocol arp ${arpTarget} ${up}`;
    return [
      `${question} ${up}`,
      arp,
      both(1, 'arp u32 match u32 0 0'),
      both(2, `ip u32 match ip protocol 17 0xff match ip sport ${dns} 0xffff`),
    ];
  }
  if (device === tap) return [];
  // A guest's frames go out at a macvtap as those of a program, and what comes in there is the guest's.
  if (mode === 'macvtap') {
    return [
      `qdisc add dev ${tap} clsact`,
      `filter add dev ${tap} egress protocol ip u32 match ip dst ${told}/32 action mirred ingress redirect dev ${device}`,
      `qdisc add dev ${device} clsact`,
      `filter add dev ${device} egress protocol ip u32 match u32 0 0 action mirred ingress redirect dev ${tap}`,
    ];
  }
  return [
    `qdisc add dev ${tap} ingress`,
    `${question} action mirred ingress redirect dev ${device}`,
    `filter add dev ${tap} parent ffff: pref 2 protocol arp ${arpTarget} action mirred ingress redirect dev ${device}`,
    `qdisc add dev ${device} clsact`,
    `filter add dev ${device} egress protocol ip u32 match u32 0 0 action mirred egress redirect dev ${tap}`,
  ];
}

/** For nft: tables of our own, named after the device. Nothing else gets to loopback addresses through it. */
export function rules({ device, tap, guest, mac, source, listener }: ResolverLink): string {
  const ports = (['udp', 'tcp'] as const).flatMap((protocol) => {
    const port = listener[protocol];
    return port === undefined ? [] : [{ protocol, port }];
  });
  const questions = ports.map(
    ({ protocol, port }) =>
      `ip daddr ${told} ${protocol} dport ${dns} ip saddr set ${source} ip daddr set ${listener.address} ` +
      // Its hardware address is the gateway's.
      `${protocol} dport set ${port} meta pkttype set host accept`,
  );
  const answers = ports.map(
    ({ protocol, port }) =>
      `oifname "${device}" ip saddr ${listener.address} ${protocol} sport ${port} ` +
      `ip saddr set ${told} ip daddr set ${guest} ${protocol} sport set ${dns}`,
  );
  return [
    `table netdev ${tableOf(device)} {`,
    'chain questions {',
    `type filter hook ingress device "${device}" priority 0; policy accept;`,
    `ip daddr { 127.0.0.0/8, ${source} } drop`,
    // For guests that look for a link-local address on the link, and those without a gateway: the request goes back as its answer.
    `arp operation request arp daddr ip ${told} arp operation set reply ether daddr set ${mac} ether saddr set ${toldMac} ` +
      `arp saddr ether set ${toldMac} arp saddr ip set ${told} arp daddr ether set ${mac} arp daddr ip set ${guest} fwd to "${tap}"`,
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
