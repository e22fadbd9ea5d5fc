/** What differs between the guests of today and those of 2018. */
import type { DescriptorNumbers, Host, Launch } from '../../core/plugin.ts';
import type { Devices } from './devices.ts';
import type { Processor } from './processor.ts';

export interface GuestFacts {
  /** Size of guest memory in bytes: what the page tables map. */
  readonly memory: number;
  /** Guest-physical address of the ring for network devices, where what the guest takes for its memory ends; 0 where there is none. */
  readonly ring: number;
  /** Page-aligned end of the program's last segment. */
  readonly programEnd: number;
  readonly cyclesPerSecond: number;
  readonly writeTables: Processor['writeTables'];
  /** The manifest, filled in. */
  readonly manifest: Uint8Array;
  readonly commandLine: string;
}

export interface GuestAbi {
  /** In bytes. */
  readonly mostMemory: number;
  /** Start of what is written into low memory. */
  readonly lowStart: number;
  /** @throws RunncError ERR_DEVICE when the guest's devices cannot be had */
  devices(host: Pick<Host, 'tape' | 'fillManifest'>, launch: Launch, descriptors: DescriptorNumbers): Devices;
  /** Guest-physical address of the ring, 0 for none. */
  ring(devices: Devices, memory: number, programEnd: number): number;
  /** The bytes from `lowStart` on. */
  lowMemory(putWord: (view: DataView, at: number, value: number) => void, facts: GuestFacts): Uint8Array;
}
