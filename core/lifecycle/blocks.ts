/** Asks the plugins what is behind each block device that a unikernel declares. */
import { RunncError } from '../errors.ts';
import { quoted } from '../launch/quoted.ts';
import type { BlockDevice, Container, Program, Unikernel } from '../plugin.ts';
import type { Runtime } from './runtime/runtime.ts';

/** In the order of the manifest; nothing is asked, and no work done, for a unikernel that declares none. */
export async function blocksOf(
  { hooks }: Runtime,
  container: Container,
  unikernel: Unikernel,
  program: Program,
): Promise<readonly BlockDevice[]> {
  const blocks: BlockDevice[] = [];
  for (const device of unikernel.devices) {
    if (device.kind !== 'block') continue;
    const block = await hooks.rootfs.promise(container, unikernel, device, program);
    if (!block && device.optional) continue;
    if (!block) {
      throw new RunncError(
        'ERR_DEVICE',
        `the unikernel declares the block device ${quoted(device.name)}, and there is nothing for it`,
        {
          hint: `name an image with RUNNC_BLOCK_${device.name}=/PATH in the environment, or in runnc.config`,
        },
      );
    }
    if (block.name !== device.name)
      throw new RunncError('ERR_PLUGIN', `the block device ${quoted(device.name)} was answered with ${quoted(block.name)}`);
    blocks.push(block);
  }
  return blocks;
}
