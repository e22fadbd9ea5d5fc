/** Names and addresses of tap devices. */

/** FNV-1a, 32 bits, from a given start: names need no more, and node:crypto takes longer to load than all of the rest. */
function hash(text: string, start: number): number {
  let value = start;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}

/**
 * `rn`, ten digits of the container's id, `-` and the number of the device: 15 bytes at most (IFNAMSIZ - 1, linux/if.h). Known before
 * the tap is made, and nobody else's.
 */
export function tapName(id: string, index: number): string {
  const hex = (value: number) => value.toString(16).padStart(8, '0');
  return `rn${(hex(hash(id, 0x811c9dc5)) + hex(hash(id, 0x5bd1e995))).slice(0, 10)}-${index}`;
}

/** The bridge of a tap: the same digits. */
export const bridgeName = (tap: string): string => `rb${tap.slice(2)}`;

export const isTap = (name: string): boolean => /^rn[0-9a-f]{10}-\d+$/.test(name);
/** A tap, macvtap, bridge, or end of a way to a name server, of some unikernel. */
export const isOurs = (name: string): boolean => /^r[nbde][0-9a-f]{10}-\d+$/.test(name);

/** Six random bytes, for one station, administered locally (IEEE 802, 8.4). */
export function randomMac(): string {
  const bytes = Array.from({ length: 6 }, () => Math.floor(Math.random() * 256));
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
