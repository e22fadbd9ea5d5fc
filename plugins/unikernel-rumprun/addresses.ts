/** Just enough of IP addresses to see whether one is in the network of another. */

export interface Prefix {
  /** As it was given. */
  readonly text: string;
  readonly address: string;
  readonly length: number;
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** `192.0.2.1/24`, `2001:db8::1/64`, or an address alone, which is a network of one. */
export function prefixOf(text: string): Prefix {
  const [address = '', length] = text.split('/');
  const family = address.includes(':') ? 6 : 4;
  const value = family === 4 ? value4(address) : value6(address);
  return { text, address, length: length === undefined ? bits(family) : Number(length), family, value };
}

/** Whether an address is in a network. */
export function contains({ family, length, value }: Prefix, address: Prefix): boolean {
  const shift = BigInt(bits(family) - length);
  return family === address.family && value >> shift === address.value >> shift;
}

/** fe80::/10; in IPv4 they are like any other. */
export const isLinkLocal = ({ family, value }: Prefix): boolean => family === 6 && value >> 118n === 0x3fan;

const bits = (family: 4 | 6): number => (family === 4 ? 32 : 128);

const value4 = (address: string): bigint => address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);

function value6(address: string): bigint {
  // The last 32 bits may be written as in IPv4.
  const hex = address.replace(/[\d.]+\.[\d.]+$/, (dotted) => {
    const value = value4(dotted);
    return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
  });
  const [front = '', back] = hex.split('::');
  const words = (part: string) => part.split(':').filter((word) => word !== '');
  const [first, last] = [words(front), words(back ?? '')];
  const zeros = back === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array<string>(zeros).fill('0'), ...last].reduce((value, word) => (value << 16n) | BigInt(`0x${word}`), 0n);
}
