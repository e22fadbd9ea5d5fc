/**
 * Name servers that listen inside of a network namespace, on an address that leads nowhere from outside: Docker's at 127.0.0.11, which
 * has random ports and a rule of its firewall in front of them, or a program beside the guest at 127.0.0.1.
 */
import { readFileSync } from 'node:fs';

export interface Listener {
  readonly address: string;
  /** Ports where it really listens; undefined where it does not. */
  readonly udp: number | undefined;
  readonly tcp: number | undefined;
}

const dns = 53;
/** States of sockets as /proc/net shows them (net/tcp_states.h): a datagram socket without peer, a listening one. */
const states = { udp: '07', tcp: '0A' } as const;

export const isLoopback = (address: string): boolean => /^127\.\d+\.\d+\.\d+$/.test(address);

/** The listener at a loopback address, by the texts of /proc/net/udp and /proc/net/tcp; undefined where nobody listens. */
export function listenerAt(address: string, udp: string, tcp: string): Listener | undefined {
  const found = { address, udp: portOf(address, udp, states.udp), tcp: portOf(address, tcp, states.tcp) };
  return found.udp === undefined && found.tcp === undefined ? undefined : found;
}

/** The port that listens there for names: 53, on this address or all, or else the only one of this address. */
function portOf(address: string, text: string, state: string): number | undefined {
  const sockets = text.split('\n').flatMap((line) => {
    const [, local = '', , status] = line.trim().split(/\s+/);
    const match = /^([0-9A-F]{8}):([0-9A-F]{4})$/.exec(local);
    return match && status === state ? [{ hex: match[1], port: Number.parseInt(match[2] as string, 16) }] : [];
  });
  const here = sockets.filter(({ hex }) => hex === hexOf(address)).map(({ port }) => port);
  const everywhere = sockets.filter(({ hex }) => hex === '00000000').map(({ port }) => port);
  if ([...here, ...everywhere].includes(dns)) return dns;
  return here.length === 1 ? here[0] : undefined;
}

/** As net/ipv4/udp.c writes it: the four bytes as one number of this machine, and all of ours have the least byte first. */
function hexOf(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0').toUpperCase());
  return bytes.reverse().join('');
}

/** The text of a file below /proc/PID/net, of the namespace at `/proc/PID/ns/net`; empty where the kernel has no such file. */
export function procNet(netns: string, file: 'udp' | 'udp6' | 'tcp' | 'tcp6' | 'route'): string {
  try {
    return readFileSync(netns.replace(/ns\/net$/, `net/${file}`), 'utf8');
  } catch {
    return '';
  }
}
