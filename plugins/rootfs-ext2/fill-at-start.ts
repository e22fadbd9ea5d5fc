/** Fills in the engine's files again once the network is known: the name servers may be others than the engine says. */
import { readFileSync } from 'node:fs';
import type { Container, Host, Network } from '../../core/plugin.ts';
import type { Slots } from './build.ts';
import { fillSlots } from './fill.ts';
import { markSeen, slotsFile } from './notes.ts';
import type { Ext2Options } from './settings.ts';

export async function fillAtStart(host: Host, container: Container, network: Network, options: Ext2Options): Promise<void> {
  const { paths, fillable, filled } = JSON.parse(readFileSync(slotsFile(container), 'utf8')) as Slots;
  const { filesAtStart, imageLimits } = await host.trees();
  fillSlots(paths.image, fillable, filesAtStart(container, network, imageLimits('rootfs-ext2', options)), filled);
  markSeen(paths);
}
