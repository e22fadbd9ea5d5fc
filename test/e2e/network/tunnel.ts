/** A tunnel between two network namespaces: an interface without an Ethernet in each, and this process between the two. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { libc } from '../../../core/sys/libc.ts';
import { inNetworkNamespace } from '../../../core/sys/network-namespace.ts';

// linux/if_tun.h
const TUNSETIFF = 0x400454ca;
const IFF_TUN_NO_PI = 0x1001;
const O_NONBLOCK_RDWR = 0o4002;

async function openTun(netns: string, name: string): Promise<number> {
  const { call } = await libc();
  const fd = await inNetworkNamespace(netns, () => openSync('/dev/net/tun', O_NONBLOCK_RDWR));
  const request = Buffer.alloc(40); // struct ifreq
  request.write(name, 'latin1');
  request.writeUInt16LE(IFF_TUN_NO_PI, 16);
  call('making a tunnel', 'ioctl', fd, TUNSETIFF, 'void *', request);
  return fd;
}

/** Makes an interface `name` in both, down and without addresses; gone with the test. */
export async function makeTunnel(left: string, right: string, name: string): Promise<void> {
  const ends = [await openTun(left, name), await openTun(right, name)] as const;
  const packet = Buffer.alloc(65_536);
  const pass = (from: number, to: number) => {
    try {
      for (;;) writeSync(to, packet, 0, readSync(from, packet));
    } catch {
      // Nothing more to read, or an interface that is not up yet.
    }
  };
  const timer = setInterval(() => {
    pass(ends[0], ends[1]);
    pass(ends[1], ends[0]);
  }, 2);
  onTestFinished(() => {
    clearInterval(timer);
    for (const end of ends) closeSync(end);
  });
}
