/** The tape of an spt guest: memory, segments, devices, wait set; then the guest. */
import type { Architecture, DescriptorNumbers, Host, Launch, Op, Policy, TapePlan } from '../../core/plugin.ts';
import { attachBlocks, blockPolicy } from './blocks.ts';
import { bootInfoAddress, lowMemory, memoryStart } from './boot-info.ts';
import { netDevices } from './net-devices.ts';

const pageSize = 4096;
/** Cookie of the timer in the wait set (Solo5 bindings/spt/sys_linux: SPT_INTERNAL_TIMERFD). */
const timerCookie = 0xfffffffen;

/** The launch as a tape. Guest memory is `launch.memory` rounded down to whole pages. */
export function planLaunch(
  { tape, fillManifest, mapProgram }: Pick<Host, 'tape' | 'fillManifest' | 'mapProgram'>,
  architecture: Architecture,
  launch: Launch,
  descriptors: DescriptorNumbers,
): TapePlan {
  const { close, epollAdd, epollCreate, MAP, mmap, noHugePages, PROT, timerfdCreate } = tape;
  const { elf, solo5 } = launch.program;
  const memory = Math.floor(launch.memory / pageSize) * pageSize;
  const program = descriptors.program as number;
  const { ops: mapping, end } = mapProgram(elf.segments, { fd: program, base: 0, executable: true });
  if (end + pageSize > memory) {
    throw Object.assign(
      new Error(`the unikernel's program ends at 0x${end.toString(16)} and its memory already at 0x${memory.toString(16)}`),
      {
        code: 'ERR_MEMORY',
        hint: 'give the container more memory',
      },
    );
  }
  const waitSet = descriptors.free as number;
  const timer = waitSet + 1;
  const packed = architecture.packedEvents === true;
  const net = netDevices(tape, launch, descriptors, waitSet, packed);
  const low = lowMemory({
    memory,
    programEnd: end,
    waitSet,
    timer,
    manifest: solo5.manifest
      ? fillManifest(solo5.manifest, [...attachBlocks(launch.blocks, descriptors), ...net.attached])
      : new Uint8Array(8),
    commandLine: launch.commandLine,
  });
  const restStart = memoryStart + Math.ceil(low.length / pageSize) * pageSize;
  const restSize = memory - restStart;
  const ops: Op[] = [
    mmap(
      {
        address: restStart,
        size: restSize,
        protection: PROT.read | PROT.write,
        flags: MAP.private | MAP.anonymous | MAP.fixed | MAP.noReserve,
      },
      { label: `mapping ${Math.round(restSize / 2 ** 20)} MiB of guest memory` },
    ),
    ...(launch.hugePages ? [] : [noHugePages(restStart, restSize)]),
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
