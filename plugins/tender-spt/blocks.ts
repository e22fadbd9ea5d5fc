/** Block devices of an spt guest: it reads and writes their files itself, a block at a time (Solo5 bindings/spt/block.c). */
import type { AttachedDevice, BlockDevice, DescriptorNumbers, Policy } from '../../core/plugin.ts';

/** What the manifest says of them. */
export function attachBlocks(blocks: readonly BlockDevice[], descriptors: DescriptorNumbers): readonly AttachedDevice[] {
  return blocks.map(({ name, capacity, blockSize }) => ({
    kind: 'block',
    name,
    fd: descriptorOf(name, descriptors),
    capacity,
    blockSize,
  }));
}

/**
 * One whole block, anywhere between the device's two ends; the comparison is unsigned, which keeps out negative offsets. A
 * read-only device is opened for reading only, and has no rule for writing besides (Solo5 tenders/spt/spt_module_block.c has).
 */
export function blockPolicy(blocks: readonly BlockDevice[], descriptors: DescriptorNumbers): Policy {
  return blocks.flatMap(({ name, capacity, blockSize, readOnly }) =>
    (readOnly ? ['pread64'] : ['pread64', 'pwrite64']).map((call) => ({
      call,
      when: [
        { arg: 0, op: '==', value: descriptorOf(name, descriptors) },
        { arg: 2, op: '==', value: blockSize },
        { arg: 3, op: '<=', value: capacity - blockSize },
      ] as const,
    })),
  );
}

function descriptorOf(name: string, descriptors: DescriptorNumbers): number {
  const fd = descriptors[`block:${name}`];
  if (fd === undefined) throw new Error(`there is no descriptor for the block device ${name}`);
  return fd;
}
