/** The tender's tape: what a tender planned, between what every guest needs before and after it. */
import type { Architecture, Op, Policy, ProgramPlan, TapePlan } from '../plugin.ts';
import * as tape from './calls.ts';
import { endingSignals } from './init/launcher.ts';
import { descriptor, type Mailbox, report } from './protocol.ts';
import { assembleTape, type TapeImage } from './tape.ts';

/** Calls that the tape makes after a filter is in place: the next filter, and closing the report. */
export const callsBeneathFilter = ['seccomp', 'close'] as const;
/** And where the tape ends in another program. */
export const callsBeforeProgram = ['execve'] as const;

/** What the guest may do, and the last thing that the tape does. */
export function completePolicy(policy: Policy): Policy {
  return [...policy, { call: 'close', when: [{ arg: 0, op: '==', value: descriptor.report }] }];
}

/** Open files that `start` hands over. */
export interface Handover {
  readonly mailbox: Mailbox;
  /** By network device, the number that is to be the file. */
  readonly places: readonly { readonly device: string; readonly place: number }[];
}

function takeOver(handover: Handover | undefined): readonly Op[] {
  if (!handover) return [];
  const { mailbox, places } = handover;
  return places.flatMap(({ device, place }) =>
    tape.receiveDescriptor(mailbox.receive, place, `taking over the network device ${device}`),
  );
}

/** The guest has no use for it. */
const closeMailbox = (handover: Handover | undefined): readonly Op[] =>
  handover ? [tape.closeRange(handover.mailbox.receive, handover.mailbox.send)] : [];

export interface TenderTapeOptions {
  readonly plan: TapePlan;
  readonly architecture: Architecture;
  /** Name of the process, of which the kernel keeps 15 bytes. */
  readonly name: string;
  /** Compiled `completePolicy(plan.policy)`. */
  readonly filter: Uint8Array;
  /** The bundle's own profile, compiled, with its flags for seccomp(2); it is installed first. */
  readonly profile: { readonly program: Uint8Array; readonly flags: number } | undefined;
  /** Where there are network devices. */
  readonly handover?: Handover | undefined;
}

export function tenderTape({ plan, architecture, name, filter, profile, handover }: TenderTapeOptions): TapeImage {
  const restorer = architecture.restorerOffset === undefined ? undefined : tape.addressOf('restorer');
  const ops: Op[] = [
    tape.setName(name),
    ...endingSignals.map((signal) => tape.handleSignal(signal, tape.addressOf('handler'), restorer)),
    ...takeOver(handover),
    ...plan.ops,
    ...closeMailbox(handover),
    // The first stack, vdso and vvar: everything above the launcher's image.
    tape.munmap(tape.addressOf('end'), tape.addressOf('size after end'), { label: 'unmapping what execve left' }),
    tape.write(descriptor.report, tape.words(report.started, 0), 16, { label: 'telling the runtime' }),
    ...(profile ? [tape.installFilter(profile.program, profile.flags, "installing the bundle's seccomp profile")] : []),
    // One process and one guest: what speculation could see is the guest's own, so nothing is gained by slowing it down.
    tape.installFilter(filter, tape.SECCOMP_FLAG.specAllow),
    tape.close(descriptor.report),
  ];
  const { entry, stack, argument, segments } = plan;
  return assembleTape({ architecture, number: 2, reportTo: descriptor.report, ops, enter: { entry, stack, argument }, segments });
}

export interface ProgramTapeOptions extends Pick<TenderTapeOptions, 'architecture' | 'profile' | 'handover'> {
  readonly plan: ProgramPlan;
}

/** The tape of a tender that is a program of its own: it ends in execve. */
export function programTape({ plan, architecture, profile, handover }: ProgramTapeOptions): TapeImage {
  const { path, argv, ops: before = [] } = plan;
  const vector = tape.struct(
    new Uint8Array((argv.length + 1) * 8),
    argv.map((argument, index) => ({ at: index * 8, to: argument })),
  );
  const ops: Op[] = [
    ...takeOver(handover),
    ...before,
    ...closeMailbox(handover),
    // The tape that `start` waits for has ended when this descriptor is closed.
    tape.call('fcntl', [descriptor.report, 2, 1], { label: 'closing the report on exec' }), // F_SETFD, FD_CLOEXEC
    tape.close(descriptor.program),
    tape.write(descriptor.report, tape.words(report.started, 0), 16, { label: 'telling the runtime' }),
    ...(profile ? [tape.installFilter(profile.program, profile.flags, "installing the bundle's seccomp profile")] : []),
    tape.call('execve', [path, vector, new Uint8Array(8)], { label: `starting the tender ${path}` }),
  ];
  return assembleTape({ architecture, number: 2, reportTo: descriptor.report, ops });
}
