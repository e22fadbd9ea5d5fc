/** Makes tap devices: by ioctl(2), as these are the one kind of link that rtnetlink does not make (drivers/net/tun.c). */
import { closeSync, constants, openSync } from 'node:fs';
import type { Host, NetworkDevice } from '../../core/plugin.ts';

// linux/if_tun.h
const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
/** EBUSY for a name that is there already. */
const IFF_TUN_EXCL = 0x8000;

/** By the name of the tap, until it is the guest's. */
const opened = new Map<string, number>();

/**
 * Makes a tap that stays when nobody has it open, in the namespace at `netns`. It is kept open for the guest: a tap that is brought up while
 * nobody has it has no carrier, and when the guest attaches the kernel lets frames in only after a moment (net/core/link_watch.c), which is
 * as long as others change networks. The answer to the guest's first request would be lost.
 */
export async function makeTap(host: Pick<Host, 'inNetwork' | 'ioctl'>, netns: string, name: string): Promise<void> {
  const what = `making the tap ${name}`;
  const fd = await host.inNetwork(netns, () => openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK));
  try {
    const request = Buffer.alloc(40); // struct ifreq
    request.write(name, 'latin1');
    request.writeUInt16LE(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL, 16);
    await host.ioctl(what, fd, TUNSETIFF, request);
    // Whatever is not NULL says yes.
    await host.ioctl(what, fd, TUNSETPERSIST, request);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  opened.set(name, fd);
}

/** The device with its open file, which is the caller's from now on. */
export function withFile(device: NetworkDevice): NetworkDevice {
  const file = opened.get(device.tap);
  opened.delete(device.tap);
  return file === undefined ? device : { ...device, file, attached: true };
}
