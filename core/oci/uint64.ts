/** Numbers of 64 bits that came through JSON.parse. */

const MAX = 0xffff_ffff_ffff_ffffn;

/**
 * The value as the kernel wants it. JSON.parse rounds what is above 2^53; the one such value in use is 2^64 - 1
 * (RLIM_INFINITY), which it rounds up out of range.
 */
export function uint64(value: number): bigint {
  const wide = BigInt(value);
  return wide > MAX ? MAX : wide;
}
