/** Attributes of netlink messages (linux/netlink.h, struct nlattr): a length, a type, a value, and zeros up to four bytes. */

const headerSize = 4;
const NLA_F_NESTED = 0x8000;
/** Without the two flags at the top. */
const NLA_TYPE_MASK = 0x3fff;

const padded = (length: number) => (length + 3) & ~3;

/** A number is one of 32 bits; a text ends with a zero. */
export function attribute(type: number, value: Uint8Array | string | number): Uint8Array {
  const content = typeof value === 'number' ? u32(value) : typeof value === 'string' ? text(value) : value;
  const bytes = new Uint8Array(padded(headerSize + content.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, headerSize + content.length, true);
  view.setUint16(2, type, true);
  bytes.set(content, headerSize);
  return bytes;
}

export const nested = (type: number, ...inner: readonly Uint8Array[]): Uint8Array =>
  attribute(type | NLA_F_NESTED, join(...inner));

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export type Attributes = ReadonlyMap<number, Uint8Array>;

/** The attributes in `bytes` from a position on; of two of one type the last. What is cut off is not there. */
export function readAttributes(bytes: Uint8Array, from = 0): Attributes {
  const found = new Map<number, Uint8Array>();
  const view = viewOf(bytes);
  for (let at = from; at + headerSize <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < headerSize || at + length > bytes.length) break;
    found.set(view.getUint16(at + 2, true) & NLA_TYPE_MASK, bytes.subarray(at + headerSize, at + length));
    at += padded(length);
  }
  return found;
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, true);
  return bytes;
}

const text = (value: string) => new TextEncoder().encode(`${value}\0`);

export const readNumber = (bytes: Uint8Array | undefined): number | undefined =>
  bytes && bytes.length >= 4 ? viewOf(bytes).getUint32(0, true) : undefined;

export const readText = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && new TextDecoder().decode(bytes).replace(/\0.*$/s, '');
