/** What all plugins have in common that put a root file system behind a block device. */
import type { Unikernel } from '../plugin.ts';
import type { Limits } from './tree.ts';

/** Whether the device `name` is the root: it is called so, or is the only one. What a guest may have but need not is none: making an image costs time. */
export function isRootDevice(name: string, { devices }: Unikernel, root = 'rootfs'): boolean {
  const blocks = devices.filter(({ kind }) => kind === 'block');
  return name === root || (blocks.length === 1 && !blocks[0]?.optional);
}

/** What an image may hold: the options of a plugin that makes images, with what they are unless told. */
export const imageLimits = (
  plugin: string,
  { maxFiles = 200_000, maxSize = 16 * 2 ** 30 }: { readonly maxFiles?: number; readonly maxSize?: number },
): Limits => ({ maxFiles, maxSize, plugin });
