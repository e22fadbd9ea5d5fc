/** Makes tap devices: by ioctl(2), as these are the one kind of link that rtnetlink does not make (drivers/net/tun.c). */
import { closeSync, openSync } from 'node:fs';
import type { Host } from '../../core/plugin.ts';

// linux/if_tun.h
const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
/** EBUSY for a name that is there already. */
const IFF_TUN_EXCL = 0x8000;

/** Makes a tap that stays when nobody has it open, in the namespace at `netns`. */
export async function makeTap(host: Pick<Host, 'inNetwork' | 'ioctl'>, netns: string, name: string): Promise<void> {
  const what = `making the tap ${name}`;
  const fd = await host.inNetwork(netns, () => openSync('/dev/net/tun', 'r+'));
  try {
    const request = Buffer.alloc(40); // struct ifreq
    request.write(name, 'latin1');
    request.writeUInt16LE(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL, 16);
    await host.ioctl(what, fd, TUNSETIFF, request);
    // Whatever is not NULL says yes.
    await host.ioctl(what, fd, TUNSETPERSIST, request);
  } finally {
    closeSync(fd);
  }
}
