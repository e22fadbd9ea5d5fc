/** Addresses as people write them, and as bytes. */

/** `02:42:ac:11:00:02` */
export const macOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
export const macBytes = (mac: string): Uint8Array => Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16));

/** `10.0.0.1`, or an IPv6 address as RFC 5952 wants it: the first longest run of groups of zeros is `::`. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0));
  let [start, size] = [0, 1];
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - at > size) [start, size] = [at, end - at];
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  return size < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + size))}`;
}

/** The bytes of an address without its prefix length; IPv4 within IPv6 in hexadecimal digits only. */
export function addressBytes(address: string): Uint8Array {
  if (!address.includes(':')) return Uint8Array.from(address.split('.'), Number);
  const [left = '', right] = address.split('::');
  const parse = (half: string) => half.split(':').flatMap((group) => (group === '' ? [] : [Number.parseInt(group, 16)]));
  const [before, after] = [parse(left), parse(right ?? '')];
  const zeros = right === undefined ? 0 : 8 - before.length - after.length;
  return Uint8Array.from([...before, ...Array<number>(zeros).fill(0), ...after].flatMap((group) => [group >> 8, group & 0xff]));
}
