/**
 * What a name server inside of the namespace asks of others, in mode `routed`: the address that it would ask from is the guest's, and so would the
 * answers be. Its questions leave the kernel as from an address of the tap, and the interface as from the guest's again, at a port that the
 * guest does not ask from at that moment; answers come back the same way.
 */
import { dnsPort, type ResolverLink, told } from './links.ts';

/** Chains for a table of the family ip. Of the guest's packets only its own questions are followed, so that both cannot have the same port. */
export function chainsOutwards({ tap, interface: name, guest, mode }: ResolverLink): readonly string[] {
  if (mode !== 'routed' || name === undefined) return [];
  return [
    'chain unfollowed {',
    'type filter hook prerouting priority -300; policy accept;',
    `iifname "${name}" ip daddr ${told} drop`,
    `iifname "${name}" meta l4proto { tcp, udp } th sport ${dnsPort} accept`,
    `iifname "${tap}" meta l4proto { tcp, udp } th dport ${dnsPort} accept`,
    // Questions to the name server inside, by now.
    `iifname "${tap}" ip daddr 127.0.0.0/8 accept`,
    `iifname { "${name}", "${tap}" } notrack`,
    '}',
    // In front of what follows connections, which then knows the two apart.
    'chain ask {',
    'type filter hook output priority -310; policy accept;',
    `oifname "${name}" ip saddr ${guest} meta l4proto { tcp, udp } th dport ${dnsPort} ip saddr set ${told}`,
    '}',
    'chain leave {',
    'type nat hook postrouting priority 100; policy accept;',
    `oifname "${name}" ip saddr ${told} snat to ${guest}`,
    '}',
    // The name server's socket has the guest's address.
    'chain hear {',
    'type filter hook input priority 300; policy accept;',
    `iifname "${name}" ip daddr ${told} meta l4proto { tcp, udp } th sport ${dnsPort} ip daddr set ${guest}`,
    '}',
  ];
}
