/** The loopback interface. */
import type { Op } from '../../plugin.ts';
import { close, ioctl, OPEN } from './files.ts';
import { build, slot } from './op.ts';

/** Brings the loopback interface of a new network namespace up (netdevice(7): SIOCSIFFLAGS with IFF_UP). */
export function loopbackUp(): readonly Op[] {
  const socket = slot('socket');
  const request = new Uint8Array(40); // struct ifreq
  request.set(new TextEncoder().encode('lo'));
  new DataView(request.buffer).setUint16(16, 1, true); // IFF_UP
  const label = 'bringing the loopback interface up';
  return [
    build('socket', label)([2, 2 | OPEN.closeOnExec, 0], { store: socket }), // AF_INET, SOCK_DGRAM
    ioctl(socket, 0x8914, request, label),
    close(socket),
  ];
}
