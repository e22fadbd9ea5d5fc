/** The guest's network devices: each descriptor of /dev/net/tun becomes its tap (Solo5 tenders/spt/spt_module_net.c). */
import type { AttachedDevice, DescriptorNumbers, Launch, Op, Policy, TapeTools } from '../../core/plugin.ts';

/** Requests and flags of linux/if_tun.h: a tap without a header before each frame. */
const TUNSETIFF = 0x400454ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
/** struct ifreq: a name of 16 bytes, then the flags (linux/if.h). */
const ifreqSize = 40;
const longestName = 15;

export interface NetDevices {
  readonly ops: readonly Op[];
  readonly attached: readonly AttachedDevice[];
  readonly policy: Policy;
}

/**
 * Attaches the taps, which are there already, and puts them in the wait set with the device's handle as cookie. No privilege is
 * needed: a tap without an owner is for whoever is in its network namespace.
 */
export function netDevices(
  { epollAdd, ioctl }: TapeTools,
  { unikernel, network }: Launch,
  descriptors: DescriptorNumbers,
  waitSet: number,
  packed: boolean,
): NetDevices {
  const devices = network.devices.map((device) => {
    const declared = unikernel.devices.find(({ kind, name }) => kind === 'net' && name === device.name);
    const fd = descriptors[`net:${device.name}`];
    if (!declared || fd === undefined) {
      throw Object.assign(new Error(`the unikernel declares no network device ${device.name}`), { code: 'ERR_DEVICE' });
    }
    return { ...device, fd, handle: declared.handle };
  });
  return {
    ops: devices.flatMap(({ name, tap, fd, handle, attached }) => [
      ...(attached ? [] : [attachTap(ioctl, fd, tap, name)]),
      epollAdd(waitSet, fd, BigInt(handle), packed),
    ]),
    attached: devices.map(({ name, fd, mac, mtu }) => ({ kind: 'net', name, fd, mac, mtu })),
    policy: devices.flatMap(({ fd }) =>
      ['read', 'write'].map((call) => ({ call, when: [{ arg: 0, op: '==', value: fd }] }) as const),
    ),
  };
}

/** Makes a descriptor of /dev/net/tun the one of a tap. */
export const attachTap = (ioctl: TapeTools['ioctl'], fd: number, tap: string, device: string): Op =>
  ioctl(fd, TUNSETIFF, interfaceRequest(tap), `attaching the tap ${tap} to the network device ${device}`);

function interfaceRequest(tap: string): Uint8Array {
  const name = new TextEncoder().encode(tap);
  if (name.length > longestName) throw new Error(`the tap's name ${tap} is longer than ${longestName} bytes`);
  const request = new Uint8Array(ifreqSize);
  request.set(name);
  new DataView(request.buffer).setUint16(16, IFF_TAP | IFF_NO_PI, true);
  return request;
}
