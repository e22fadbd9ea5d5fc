/** The kernel's clocks, as the container's time namespace needs them. */
import { libc } from './libc.ts';

/** Numbers of the clocks, linux/time.h. */
const clocks = { monotonic: 1, boottime: 7 } as const;

/** Now, in nanoseconds. */
export async function clockNow(clock: keyof typeof clocks): Promise<bigint> {
  const time = Buffer.alloc(16); // struct timespec
  (await libc()).call('reading the clock', 'clock_gettime', clocks[clock], time);
  return time.readBigInt64LE(0) * 1_000_000_000n + time.readBigInt64LE(8);
}
