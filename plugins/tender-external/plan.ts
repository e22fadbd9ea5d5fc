/** The command line of Solo5's tenders (Solo5 docs/building.md, tenders/hvt/hvt_main.c and spt/spt_main.c). */
import type { DescriptorNumbers, Host, Launch, Op, ProgramPlan } from '../../core/plugin.ts';

const MiB = 2 ** 20;
/** What such a tender uses itself, of the same limit. */
const ofTender = 4 * MiB;

/** hvt wants multiples of 2 MiB. */
const megabytes = (memory: number) => Math.max(2, Math.floor((memory - ofTender) / (2 * MiB)) * 2);

export function planProgram(
  { tape }: Pick<Host, 'tape'>,
  path: string,
  { memory, blocks, network, commandLine }: Launch,
  descriptors: DescriptorNumbers,
): ProgramPlan {
  const fdOf = (name: string) => descriptors[`net:${name}`] as number;
  return {
    kind: 'program',
    path,
    ops: network.devices.filter(({ attached }) => !attached).map(({ name, tap }) => attachTap(tape, fdOf(name), tap)),
    argv: [
      path,
      `--mem=${megabytes(memory)}`,
      ...network.devices.flatMap(({ name, mac }) => [`--net:${name}=@${fdOf(name)}`, `--net-mac:${name}=${mac}`]),
      ...blocks.map(({ name }) => `--block:${name}=/block/${name}`),
      '--',
      '/unikernel',
      // It joins its arguments with blanks: one is passed on byte for byte.
      ...(commandLine === '' ? [] : [commandLine]),
    ],
  };
}

/** Makes an open /dev/net/tun the other end of a tap device (linux/if_tun.h). */
function attachTap(tape: Host['tape'], fd: number, name: string): Op {
  const TUNSETIFF = 0x400454ca;
  const flags = 0x1002; // IFF_TAP | IFF_NO_PI
  const request = new Uint8Array(40); // struct ifreq
  request.set(new TextEncoder().encode(name).subarray(0, 15));
  new DataView(request.buffer).setUint16(16, flags, true);
  return tape.ioctl(fd, TUNSETIFF, request, `opening the tap device ${name}`);
}
