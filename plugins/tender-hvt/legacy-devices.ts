/** The one disk and the one network device that a guest of 2018 may have; it knows them by no handle. */
import type { DescriptorNumbers, Host, Launch } from '../../core/plugin.ts';
import { attachTap, type Device, type Devices } from './devices.ts';

/** @throws RunncError ERR_DEVICE when there are more */
export function legacyDevicesOf(host: Pick<Host, 'tape'>, launch: Launch, descriptors: DescriptorNumbers): Devices {
  const { blocks, network, unikernel } = launch;
  const [[disk, ...disks], [net, ...nets]] = [blocks, network.devices];
  if (disks.length + nets.length > 0)
    throw Object.assign(new Error('a unikernel of 2018 has one disk and one network device at most'), { code: 'ERR_DEVICE' });
  const fdOf = (kind: Device['kind'], name: string) => descriptors[`${kind}:${name}`] as number;
  const list: Device[] = [];
  if (disk) {
    const { name, capacity, readOnly } = disk;
    list.push({ kind: 'block', handle: list.length, fd: fdOf('block', name), capacity, readOnly });
  }
  if (net) list.push({ kind: 'net', handle: list.length, fd: fdOf('net', net.name), capacity: 0, mac: net.mac });
  // Opened before it was known whether there is a network.
  const unused = unikernel.devices.filter(({ kind, name }) => kind === 'net' && name !== net?.name);
  return {
    list,
    manifest: new Uint8Array(0),
    ops: [
      ...(net && !net.attached ? [attachTap(host, fdOf('net', net.name), net.tap)] : []),
      ...unused.map(({ name }) => host.tape.close(fdOf('net', name))),
    ],
  };
}
