/** The tape of an spt guest of 2018: memory, segments, devices, a thread page; then the guest. */
import type { Architecture, DescriptorNumbers, Host, Launch, Op, Policy, TapePlan } from '../../core/plugin.ts';
import { bootInfoAddress, memoryStart } from './boot-info.ts';
import { mapMemory, placeProgram } from './guest-memory.ts';
import { legacyLowMemory } from './legacy-boot-info.ts';
import { legacyDevices } from './legacy-devices.ts';

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
  const { call, close } = host.tape;
  const program = descriptors.program as number;
  const { memory, programEnd, mapping } = placeProgram(host, architecture, launch, program);
  const { disk, net, ops: deviceOps, policy } = legacyDevices(host.tape, launch, descriptors);
  const low = legacyLowMemory({ memory, programEnd, commandLine: launch.commandLine, disk, net });
  const ops: Op[] = [
    ...mapMemory(host, { memory, lowLength: low.length, hugePages: launch.hugePages, executable: executableHeap }),
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
    entry: launch.program.elf.entry,
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
