/** The tape of an spt guest: memory, segments, devices, wait set; then the guest. */
import type { Architecture, DescriptorNumbers, Host, Launch, Op, Policy, TapePlan } from '../../core/plugin.ts';
import { attachBlocks, blockPolicy } from './blocks.ts';
import { bootInfoAddress, lowMemory, memoryStart } from './boot-info.ts';
import { mapMemory, placeProgram } from './guest-memory.ts';
import { netDevices } from './net-devices.ts';

/** Cookie of the timer in the wait set (Solo5 bindings/spt/sys_linux: SPT_INTERNAL_TIMERFD). */
const timerCookie = 0xfffffffen;

/** The launch as a tape. */
export function planLaunch(
  host: Pick<Host, 'tape' | 'fillManifest' | 'mapProgram'>,
  architecture: Architecture,
  launch: Launch,
  descriptors: DescriptorNumbers,
): TapePlan {
  const { close, epollAdd, epollCreate, timerfdCreate } = host.tape;
  const { elf, solo5 } = launch.program;
  const program = descriptors.program as number;
  const { memory, programEnd, mapping } = placeProgram(host, architecture, launch, program);
  const waitSet = descriptors.free as number;
  const timer = waitSet + 1;
  const packed = architecture.packedEvents === true;
  const net = netDevices(host.tape, launch, descriptors, waitSet, packed);
  const low = lowMemory({
    memory,
    programEnd,
    waitSet,
    timer,
    manifest: solo5.manifest
      ? host.fillManifest(solo5.manifest, [...attachBlocks(launch.blocks, descriptors), ...net.attached])
      : new Uint8Array(8),
    commandLine: launch.commandLine,
  });
  const ops: Op[] = [
    ...mapMemory(host, { memory, lowLength: low.length, hugePages: launch.hugePages }),
    ...mapping,
    // The lowest free numbers: the wait set gets `free`, the timer the next.
    epollCreate(),
    timerfdCreate(),
    epollAdd(waitSet, timer, timerCookie, packed),
    ...net.ops,
    close(program),
    // A guest has no input, and says everything through descriptor 1.
    close(0),
    close(2),
  ];
  return {
    kind: 'tape',
    ops,
    segments: [{ address: memoryStart, bytes: low }],
    entry: elf.entry,
    stack: BigInt(memory - architecture.stackGap),
    argument: BigInt(bootInfoAddress),
    policy: [
      ...basePolicy(waitSet, timer),
      ...blockPolicy(launch.blocks, descriptors),
      ...net.policy,
      ...architecture.guestCalls,
    ],
  };
}

/** What every spt guest may call (Solo5 tenders/spt/spt_core.c). */
function basePolicy(waitSet: number, timer: number): Policy {
  const first = (call: string, value: number) => ({ call, when: [{ arg: 0, op: '==', value }] }) as const;
  return [
    first('write', 1),
    { call: 'exit_group' },
    first('epoll_pwait', waitSet),
    first('timerfd_settime', timer),
    first('clock_gettime', 0), // CLOCK_REALTIME
    first('clock_gettime', 1), // CLOCK_MONOTONIC
  ];
}
