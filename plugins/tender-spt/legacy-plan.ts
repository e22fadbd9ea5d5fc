/** The tape of an spt guest of 2018: memory, segments, devices, a thread page; then the guest. */
import type { Architecture, DescriptorNumbers, Host, Launch, Op, Policy, TapePlan } from '../../core/plugin.ts';
import { bootInfoAddress, memoryStart } from './boot-info.ts';
import { legacyLowMemory } from './legacy-boot-info.ts';
import { legacyDevices } from './legacy-devices.ts';

const pageSize = 4096;
const ARCH_SET_FS = 0x1002; // asm/prctl.h
/** Below the program, where the guest has nothing and its memory is zero: what compilers keep behind %fs, and nobody sets up. */
const threadPage = 0xff000;

export interface LegacyOptions {
  readonly host: Pick<Host, 'tape' | 'mapProgram'>;
  readonly architecture: Architecture;
  /** Whether memory outside of the segments can be executed too, as the tender of that time always had it. */
  readonly executableHeap: boolean;
}

export function planLegacy(
  { host, architecture, executableHeap }: LegacyOptions,
  launch: Launch,
  descriptors: DescriptorNumbers,
): TapePlan {
  const { call, close, MAP, mmap, noHugePages, PROT } = host.tape;
  const { elf } = launch.program;
  const memory = Math.floor(launch.memory / pageSize) * pageSize;
  const program = descriptors.program as number;
  const { ops: mapping, end } = host.mapProgram(elf.segments, { fd: program, base: 0, executable: true });
  if (end + pageSize > memory) {
    throw Object.assign(
      new Error(`the unikernel's program ends at 0x${end.toString(16)} and its memory already at 0x${memory.toString(16)}`),
      { code: 'ERR_MEMORY', hint: 'give the container more memory' },
    );
  }
  const { disk, net, ops: deviceOps, policy } = legacyDevices(host.tape, launch, descriptors);
  const low = legacyLowMemory({ memory, programEnd: end, commandLine: launch.commandLine, disk, net });
  const restStart = memoryStart + Math.ceil(low.length / pageSize) * pageSize;
  const ops: Op[] = [
    mmap(
      {
        address: restStart,
        size: memory - restStart,
        protection: PROT.read | PROT.write | (executableHeap ? PROT.execute : 0),
        flags: MAP.private | MAP.anonymous | MAP.fixed | MAP.noReserve,
      },
      { label: `mapping ${Math.round((memory - restStart) / 2 ** 20)} MiB of guest memory` },
    ),
    ...(launch.hugePages ? [] : [noHugePages(restStart, memory - restStart)]),
    ...mapping,
    ...deviceOps,
    ...(architecture.name === 'amd64'
      ? [call('arch_prctl', [ARCH_SET_FS, threadPage], { label: 'setting the thread page' })]
      : []),
    close(program),
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
    policy: [...basePolicy, ...policy],
  };
}

const first = (call: string, value: number) => ({ call, when: [{ arg: 0, op: '==', value }] }) as const;

/** What every spt guest of 2018 may call (Solo5 commit 120848b, tenders/spt/spt_core.c). */
const basePolicy: Policy = [
  first('write', 1),
  { call: 'exit_group' },
  { call: 'ppoll', when: [{ arg: 3, op: '==', value: 0 }] }, // no signal mask
  first('clock_gettime', 0), // CLOCK_REALTIME
  first('clock_gettime', 1), // CLOCK_MONOTONIC
];
