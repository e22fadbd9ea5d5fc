/** Values of cgroup v1, in which the runtime specification is written, as values of cgroup v2. */

/** cpu.shares (2..262144) as cpu.weight (1..10000), linear, as the specification's readers do (crun.1, "CPU controller"). */
export function sharesToWeight(shares: number): number {
  const within = Math.min(Math.max(shares, 2), 262144);
  return 1 + Math.floor(((within - 2) * 9999) / 262142);
}

/** blkio.weight (10..1000) as io.weight (1..10000). */
export function blkioToIoWeight(weight: number): number {
  const within = Math.min(Math.max(weight, 10), 1000);
  return 1 + Math.floor(((within - 10) * 9999) / 990);
}

/** A limit as written to a `.max` file: any negative number is none. */
export function toMax(limit: number): string {
  return limit < 0 ? 'max' : String(limit);
}

/**
 * memory.swap.max from the limit of memory and swap together: undefined when nothing is to be written, a sentence when the two
 * contradict each other. 0 is "not set".
 */
export function swapMax(swap: number, limit: number): { readonly value: string } | { readonly impossible: string } | undefined {
  // Memory without limit and swap not told: as cgroup v1, where the sum would have no limit either.
  if (swap === 0) return limit < 0 ? { value: 'max' } : undefined;
  if (swap < 0) return { value: 'max' };
  if (limit < 0) return { value: String(swap) };
  if (limit === 0) return { impossible: 'cgroup v2 needs the memory limit with it' };
  if (swap < limit) return { impossible: `${swap} of memory and swap together is less than the memory limit of ${limit}` };
  return { value: String(swap - limit) };
}
