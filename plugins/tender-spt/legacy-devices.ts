/** The one disk and the one network device that an spt guest of 2018 may have, by their descriptors. */
import type { BlockDevice, DescriptorNumbers, Launch, NetworkDevice, Op, Policy, TapeTools } from '../../core/plugin.ts';
import type { LegacyDisk, LegacyNet } from './legacy-boot-info.ts';
import { attachTap } from './net-devices.ts';

export interface LegacyDevices {
  readonly disk: LegacyDisk | undefined;
  readonly net: LegacyNet | undefined;
  readonly ops: readonly Op[];
  readonly policy: Policy;
}

export function legacyDevices(tools: TapeTools, launch: Launch, descriptors: DescriptorNumbers): LegacyDevices {
  const { blocks, network, unikernel } = launch;
  if (blocks.length > 1 || network.devices.length > 1) {
    throw Object.assign(new Error('a unikernel of 2018 has one disk and one network device at most'), { code: 'ERR_DEVICE' });
  }
  const disk = blocks[0] && diskOf(blocks[0], descriptors);
  const net = network.devices[0] && netOf(tools, network.devices[0], descriptors);
  // Opened before it was known whether there is a network.
  const unused = unikernel.devices.filter(({ kind, name }) => kind === 'net' && name !== network.devices[0]?.name);
  return {
    disk: disk?.disk,
    net: net?.net,
    ops: [...(net?.ops ?? []), ...unused.map(({ name }) => tools.close(descriptors[`net:${name}`] as number))],
    policy: [...(disk?.policy ?? []), ...(net?.policy ?? [])],
  };
}

/** One whole block between the two ends; writing to a disk that was opened for reading only is an error for the guest, not its end. */
function diskOf({ name, capacity, blockSize }: BlockDevice, descriptors: DescriptorNumbers) {
  const fd = descriptors[`block:${name}`] as number;
  const when = [
    { arg: 0, op: '==', value: fd },
    { arg: 2, op: '==', value: blockSize },
    { arg: 3, op: '<=', value: capacity - blockSize },
  ] as const;
  return { disk: { fd, capacity, blockSize }, policy: ['pread64', 'pwrite64'].map((call) => ({ call, when })) };
}

function netOf({ ioctl }: TapeTools, { name, tap, mac, attached }: NetworkDevice, descriptors: DescriptorNumbers) {
  const fd = descriptors[`net:${name}`] as number;
  const when = [{ arg: 0, op: '==', value: fd }] as const;
  return {
    net: { fd, mac },
    ops: attached ? [] : [attachTap(ioctl, fd, tap, name)],
    policy: ['read', 'write'].map((call) => ({ call, when })),
  };
}
