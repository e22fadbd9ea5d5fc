/** Which files a guest's process has open from the start, and their fixed numbers. */
import { constants } from 'node:fs';
import { OPEN } from '../../launch/calls.ts';
import { descriptor, type Mailbox } from '../../launch/protocol.ts';
import type { BlockDevice, Descriptor, DescriptorNumbers, Tender, Unikernel } from '../../plugin.ts';

export interface Descriptors {
  /** Opened by the launcher, with the host's files and namespaces. */
  readonly open: readonly Descriptor[];
  /** Opened inside the container's namespaces. */
  readonly openInside: readonly Descriptor[];
  /** The two ends of a socket through which `start` can hand over open files; only where there are network devices. */
  readonly mailbox: Mailbox | undefined;
  /** `program`, the tender's own, `block:NAME` and `net:NAME`; `free` is the lowest number that is not taken. */
  readonly numbers: DescriptorNumbers;
}

/** The tender's files, one for each block device, and one of /dev/net/tun for each network device. */
export function descriptorsOf(tender: Tender, unikernel: Unikernel, blocks: readonly BlockDevice[]): Descriptors {
  const open: readonly Descriptor[] = [
    ...tender.open,
    ...blocks.map(({ name, path, readOnly, lock, noSymlinks }) => ({
      name: `block:${name}`,
      path,
      // A symlink that has come there since the plugin looked leads nowhere; a claimed block device is free of mounts.
      flags: (readOnly ? OPEN.readOnly : OPEN.readWrite) | constants.O_NOFOLLOW | (lock === 'exclusive' ? OPEN.exclusive : 0),
      ...(lock ? { lock } : {}),
      ...(noSymlinks ? { noSymlinks } : {}),
    })),
  ];
  const openInside = unikernel.devices
    .filter(({ kind }) => kind === 'net')
    .map(({ name }) => ({ name: `net:${name}`, path: '/dev/net/tun', flags: OPEN.readWrite | OPEN.nonBlock }));
  const taken = descriptor.firstFree + open.length + openInside.length;
  const mailbox = openInside.length > 0 ? { receive: taken, send: taken + 1 } : undefined;
  const named = [...open, ...openInside].map(({ name }, index) => [name, descriptor.firstFree + index] as const);
  return {
    open,
    openInside,
    mailbox,
    numbers: { program: descriptor.program, ...Object.fromEntries(named), free: mailbox ? mailbox.send + 1 : taken },
  };
}
