/** Which ports of a network namespace are a guest's: `80`, `8080:80`, `53/udp`, with commas between them. */

export interface Port {
  readonly protocol: 'tcp' | 'udp';
  /** As others see it, at the addresses of the namespace. */
  readonly outside: number;
  /** As the guest has it. */
  readonly inside: number;
}

const form = /^(?:(\d{1,5}):)?(\d{1,5})(?:\/(tcp|udp))?$/;

/** @throws Error ERR_NETWORK that says where the text comes from */
export function parsePorts(text: string, where: string): readonly Port[] {
  const words = text.split(',').map((word) => word.trim());
  return words.filter((word) => word !== '').map((word) => parsePort(word, where));
}

function parsePort(word: string, where: string): Port {
  const [, outside, inside, protocol = 'tcp'] = form.exec(word) ?? [];
  const port = { protocol: protocol as Port['protocol'], outside: Number(outside ?? inside), inside: Number(inside) };
  if (inside !== undefined && [port.outside, port.inside].every((number) => number >= 1 && number <= 65_535)) return port;
  throw Object.assign(new Error(`${where} has ${JSON.stringify(word)}, which is no port`), {
    code: 'ERR_NETWORK',
    hint: 'write ports as 80, 8080:80 (the guest’s own is the second) or 53/udp, with commas between them',
  });
}

export const portText = ({ protocol, outside }: Pick<Port, 'protocol' | 'outside'>): string => `${outside}/${protocol}`;

/** Ports that programs of the namespace listen at, by the texts of /proc/net/tcp, tcp6, udp and udp6. */
export function listeningPorts(tcp: string, udp: string): ReadonlySet<string> {
  return new Set([...portsOf(tcp, '0A', 'tcp'), ...portsOf(udp, '07', 'udp')]);
}

/** Lines as `sl: ADDRESS:PORT ADDRESS:PORT STATE`, in hexadecimal digits (net/ipv4/tcp_ipv4.c; states: net/tcp_states.h). */
function portsOf(text: string, state: string, protocol: Port['protocol']): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [, local = '', , status] = line.trim().split(/\s+/);
    const port = /^[0-9A-F]+:([0-9A-F]{4})$/.exec(local)?.[1];
    return port !== undefined && status === state ? [portText({ protocol, outside: Number.parseInt(port, 16) })] : [];
  });
}
