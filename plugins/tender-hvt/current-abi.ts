/** The ABI of Solo5 0.6 and later (include/hvt_abi.h). */
import { lowStart, mostMemory } from './addresses.ts';
import { lowMemory } from './boot-info.ts';
import { devicesOf } from './devices.ts';
import type { GuestAbi } from './guest-abi.ts';
import { ringIn } from './ring.ts';

/** @param ring whether guests with network devices are offered a ring for them */
export const currentAbi = (ring: boolean): GuestAbi => ({
  mostMemory,
  lowStart,
  devices: devicesOf,
  ring: ({ list }, memory, programEnd) => (ring && list.some(({ kind }) => kind === 'net') ? ringIn(memory, programEnd) : 0),
  lowMemory,
});
