/** The ABI before there were notes and manifests, then also called ukvm: Solo5 0.3 and 0.4. */
import { mostLegacyMemory } from './addresses.ts';
import type { GuestAbi } from './guest-abi.ts';
import { legacyLowMemory } from './legacy-boot-info.ts';
import { legacyDevicesOf } from './legacy-devices.ts';
import { legacyLayout } from './x86_64/layouts.ts';

export const legacyAbi: GuestAbi = {
  mostMemory: mostLegacyMemory,
  lowStart: legacyLayout.start,
  devices: legacyDevicesOf,
  ring: () => 0,
  lowMemory: legacyLowMemory,
};
