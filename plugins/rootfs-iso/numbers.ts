/** Numbers and dates as ISO 9660 has them. */

export const sectorSize = 2048;
/** Of memory: what is written in whole pages need not be read before. */
export const pageSize = 4096;
export const sectorsOf = (bytes: number): number => Math.ceil(bytes / sectorSize);

/** Both byte orders, one after the other (ECMA-119, 7.3.3). */
export function both32(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value, 0);
  bytes.writeUInt32BE(value, 4);
  return bytes;
}

/** ECMA-119, 7.2.3. */
export function both16(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(value, 0);
  bytes.writeUInt16BE(value, 2);
  return bytes;
}

const earliest = Date.UTC(1900, 0, 1);
const latest = Date.UTC(2155, 11, 31, 23, 59, 59);

/** Seven bytes, UTC, from 1900 to 2155 (ECMA-119, 9.1.5). */
export function date7(milliseconds: number): Buffer {
  const date = new Date(Math.min(Math.max(milliseconds, earliest), latest));
  return Buffer.from([
    date.getUTCFullYear() - 1900,
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    0,
  ]);
}
