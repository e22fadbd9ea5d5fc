/** A share as rules of nft, and of iptables on hosts. */
import type { Settings } from '../sysctl.ts';
import type { Share } from './share.ts';

/** Of the tap's own; what leads from 127.0.0.1 to the guest's ports goes through it too. */
export const tapSettings = ({ tap }: Share): Settings => ({
  [`ipv4/conf/${tap}/forwarding`]: '1',
  [`ipv4/conf/${tap}/route_localnet`]: '1',
  [`ipv6/conf/${tap}/disable_ipv6`]: '1',
});

const tableOf = ({ tap }: Share): string => `${tap.replaceAll('-', '_')}_nat`;

/**
 * For nft: tables of our own. The guest's ports, at all addresses of the namespace, are translated to its address; what it begins
 * itself has an address of the namespace. It sends as itself only, and reaches no program that listens on the loopback.
 */
export function rules(share: Share): string {
  const { tap, guest, ports } = share;
  const incoming = ports.map(
    ({ protocol, outside, inside }) => `fib daddr type local ${protocol} dport ${outside} dnat to ${guest}:${inside}`,
  );
  return [
    `table netdev ${tableOf(share)} {`,
    'chain guard {',
    // Before what a name server's rules rewrite.
    `type filter hook ingress device "${tap}" priority -10; policy accept;`,
    `ip saddr != ${guest} drop`,
    'ip daddr 127.0.0.0/8 drop',
    '}',
    '}',
    `table ip ${tableOf(share)} {`,
    'chain incoming {',
    'type nat hook prerouting priority -100; policy accept;',
    ...incoming,
    '}',
    'chain local {',
    'type nat hook output priority -100; policy accept;',
    ...incoming,
    '}',
    'chain reach {',
    'type filter hook forward priority 0; policy accept;',
    `oifname "${tap}" ct state established,related accept`,
    `oifname "${tap}" ct status dnat accept`,
    `oifname "${tap}" drop`,
    '}',
    'chain outgoing {',
    'type nat hook postrouting priority 100; policy accept;',
    `oifname "${tap}" ip saddr 127.0.0.0/8 masquerade`,
    `ip saddr ${guest} masquerade`,
    '}',
    '}\n',
  ].join('\n');
}

/** Deleted whether they are there or not. */
export const withoutRules = (share: Share): string =>
  ['netdev', 'ip'].map((family) => `table ${family} ${tableOf(share)} { }\ndelete table ${family} ${tableOf(share)}\n`).join('');

/** Rules of iptables on a host, where Docker has it forward nothing of what it does not know; without the command. */
export const forwardRules = ({ tap }: Share): readonly (readonly string[])[] => [
  ['FORWARD', '-i', tap, '-j', 'ACCEPT'],
  ['FORWARD', '-o', tap, '-m', 'conntrack', '--ctstate', 'DNAT,ESTABLISHED,RELATED', '-j', 'ACCEPT'],
];
