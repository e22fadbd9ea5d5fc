/** From what is known of a container to the tender's tape. */
import type { Config } from '../../config/config.ts';
import { RunncError } from '../errors.ts';
import { SECCOMP_FLAG } from '../launch/calls.ts';
import { checkCommandLine } from '../launch/command-line.ts';
import { checkProgramFits } from '../launch/solo5-layout.ts';
import type { TapeImage } from '../launch/tape.ts';
import { callsBeforeProgram, callsBeneathFilter, completePolicy, programTape, tenderTape } from '../launch/tender-tape.ts';
import type {
  Architecture,
  BlockDevice,
  Container,
  DescriptorNumbers,
  FilterRequest,
  Launch,
  Network,
  SeccompProfile,
} from '../plugin.ts';
import type { Identified } from './identify.ts';
import { descriptorsOf } from './init/descriptors.ts';
import { isTapped } from './runtime/hooks.ts';
import type { Runtime } from './runtime/runtime.ts';

export interface LaunchInput {
  readonly identified: Identified;
  readonly config: Config;
  /** Guest memory in bytes. */
  readonly memory: number;
  readonly blocks: readonly BlockDevice[];
  readonly network: Network;
  readonly profile: SeccompProfile | undefined;
}

export const noNetwork: Network = { devices: [], nameServers: [], searchDomains: [] };

/** Shapes the launch, asks the tender for its plan, has the filters compiled and lays out the tape. */
export async function planTape(runtime: Runtime, container: Container, input: LaunchInput): Promise<TapeImage> {
  const { identified, config, memory, blocks, network } = input;
  const { program, unikernel, tender, architecture } = identified;
  const { commandLine } = unikernel;
  const neutral: Launch = { program, unikernel, memory, hugePages: config.hugePages, commandLine, blocks, network };
  const launch = isTapped(runtime.hooks.launch) ? await runtime.hooks.launch.promise(neutral, container) : neutral;
  checkCommandLine(launch.commandLine);
  if (program.solo5.abi) checkProgramFits(program.elf, launch.memory, program.path);
  const { numbers, mailbox } = descriptorsOf(tender, unikernel, blocks);
  const plan = await tender.plan(launch, numbers);
  const handover = mailbox && { mailbox, places: placesOf(launch.network, numbers) };
  if (plan.kind === 'program') {
    if (!tender.hostFiles)
      throw new RunncError('ERR_PLUGIN', `the tender ${tender.name} is a program, and names none of its files`);
    const allow = [...callsBeneathFilter, ...callsBeforeProgram];
    const profile = input.profile && (await compileProfile(runtime, architecture, input.profile, allow));
    return programTape({ plan, architecture, profile, handover });
  }
  const filter = await compile(runtime, architecture, { kind: 'policy', policy: completePolicy(plan.policy) });
  const profile = input.profile && (await compileProfile(runtime, architecture, input.profile, callsBeneathFilter));
  const name = program.path.slice(program.path.lastIndexOf('/') + 1);
  return tenderTape({ plan, architecture, name, filter, profile, handover });
}

/** Devices that are open files, in the order in which `handOver` sends them. */
const placesOf = ({ devices }: Network, numbers: DescriptorNumbers) =>
  devices.filter(({ file }) => file !== undefined).map(({ name }) => ({ device: name, place: numbers[`net:${name}`] as number }));

async function compile({ hooks }: Runtime, architecture: Architecture, request: FilterRequest): Promise<Uint8Array> {
  const program = await hooks.filter.promise(request, architecture);
  if (!program)
    throw new RunncError('ERR_SECCOMP', 'no plugin that is loaded compiles system call filters', {
      hint: 'add seccomp to plugins in runnc.config',
    });
  return program;
}

/** Without flags of its own a profile is installed as runc does: without the mitigation that old kernels would add. */
async function compileProfile(runtime: Runtime, architecture: Architecture, profile: SeccompProfile, allow: readonly string[]) {
  const program = await compile(runtime, architecture, { kind: 'profile', profile, allow });
  const has = (flag: string) => profile.flags?.includes(flag) === true;
  const specAllow = profile.flags === undefined || has('SECCOMP_FILTER_FLAG_SPEC_ALLOW');
  return { program, flags: (has('SECCOMP_FILTER_FLAG_LOG') ? SECCOMP_FLAG.log : 0) | (specAllow ? SECCOMP_FLAG.specAllow : 0) };
}
