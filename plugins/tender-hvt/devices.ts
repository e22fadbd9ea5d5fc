/** The guest's devices by their handles: for the manifest, the run loop, the wait set and the filter. */
import type { DescriptorNumbers, Host, Launch, Op } from '../../core/plugin.ts';

export interface Device {
  readonly kind: 'block' | 'net';
  /** Index in the manifest. */
  readonly handle: number;
  /** Descriptor in the guest's process. */
  readonly fd: number;
  /** In bytes; 0 for a network device. */
  readonly capacity: number;
  /** Where the guest asks the loop and not the manifest. */
  readonly readOnly?: boolean;
  /** Likewise: six bytes as `02:42:ac:11:00:02`. */
  readonly mac?: string;
}

export interface Devices {
  readonly list: readonly Device[];
  /** The manifest as the guest finds it. */
  readonly manifest: Uint8Array;
  /** Joins the network devices' descriptors with their taps. */
  readonly ops: readonly Op[];
}

/** @throws RunncError ERR_DEVICE when a declared device is missing, or one is there that was not declared */
export function devicesOf(host: Pick<Host, 'tape' | 'fillManifest'>, launch: Launch, descriptors: DescriptorNumbers): Devices {
  const { unikernel, program, blocks, network } = launch;
  // What a guest is told of its host's descriptors is nothing.
  const attached: Parameters<Host['fillManifest']>[1] = [
    ...blocks.map(({ name, capacity, blockSize }) => ({ kind: 'block', name, fd: 0, capacity, blockSize }) as const),
    ...network.devices.map(({ name, mac, mtu }) => ({ kind: 'net', name, fd: 0, mac, mtu }) as const),
  ];
  const { manifest } = program.solo5;
  const list = unikernel.devices.map(({ kind, name, handle }): Device => {
    const capacity = blocks.find((block) => block.name === name)?.capacity ?? 0;
    return { kind, handle, fd: descriptors[`${kind}:${name}`] as number, capacity };
  });
  const ops = network.devices
    .filter(({ attached }) => !attached)
    .map(({ name, tap }) => attachTap(host, descriptors[`net:${name}`] as number, tap));
  return { list, manifest: manifest ? host.fillManifest(manifest, attached) : new Uint8Array(8), ops };
}

/** Makes an open /dev/net/tun the other end of a tap device (linux/if_tun.h). */
export function attachTap({ tape }: Pick<Host, 'tape'>, fd: number, name: string): Op {
  const TUNSETIFF = 0x400454ca;
  const flags = 0x1002; // IFF_TAP | IFF_NO_PI
  const request = new Uint8Array(40); // struct ifreq
  request.set(new TextEncoder().encode(name).subarray(0, 15));
  new DataView(request.buffer).setUint16(16, flags, true);
  return tape.ioctl(fd, TUNSETIFF, request, `opening the tap device ${name}`);
}
