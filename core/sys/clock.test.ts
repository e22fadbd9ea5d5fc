import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { clockNow } from './clock.ts';

test('the clocks of the kernel are read in nanoseconds', async () => {
  const before = process.hrtime.bigint();
  const monotonic = await clockNow('monotonic');
  expect(monotonic).toBeGreaterThanOrEqual(before);
  expect(monotonic).toBeLessThanOrEqual(process.hrtime.bigint());
  const uptime = BigInt(Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 100)) * 10_000_000n;
  const boottime = await clockNow('boottime');
  expect(boottime).toBeGreaterThanOrEqual(uptime);
  expect(boottime - uptime).toBeLessThan(60_000_000_000n);
});
