/** The taps, and what a kernel is told of the network behind them. */

const TUNSETIFF = 0x400454ca; // linux/if_tun.h
const IFF_TAP_NO_PI = 0x1002;

/**
 * Makes an open /dev/net/tun the other end of a tap device: qemu is given the descriptor, and needs no right to open anything.
 *
 * @param {import('runnc/plugin').TapeTools} tape
 * @param {number} fd
 * @param {string} tap
 * @returns {import('runnc/plugin').Op}
 */
export function attachTap(tape, fd, tap) {
  const request = Buffer.alloc(40); // struct ifreq
  request.write(tap, 0, 15, 'latin1');
  request.writeUInt16LE(IFF_TAP_NO_PI, 16);
  return tape.ioctl(fd, TUNSETIFF, request, `opening the tap device ${tap}`);
}

/**
 * As Linux has it after `ip=` (Documentation/admin-guide/nfs/nfsroot.rst): ADDRESS::GATEWAY:MASK:HOST:DEVICE:METHOD:DNS:DNS. IPv4 only;
 * empty without an IPv4 address.
 *
 * @param {import('runnc/plugin').NetworkDevice} device
 * @param {import('runnc/plugin').Network} network
 * @param {string | undefined} hostname
 */
export function kernelAddress({ addresses, routes }, { nameServers }, hostname = '') {
  const [address, length] = addresses.find((each) => !each.includes(':'))?.split('/') ?? [];
  if (address === undefined) return '';
  const gateway = routes.find(({ destination }) => destination === '0.0.0.0/0')?.gateway ?? '';
  const servers = nameServers.filter((server) => !server.includes(':')).slice(0, 2);
  return [address, '', gateway, maskOf(Number(length)), hostname, 'eth0', 'off', ...servers].join(':');
}

/** @param {number} length */
function maskOf(length) {
  const bits = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}
