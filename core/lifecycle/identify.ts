/** Finds out what a container's program is, who starts it, and whether its devices can be had. */
import { closeSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { type ErrorCode, RunncError } from '../errors.ts';
import { checkCommandLine } from '../launch/command-line.ts';
import { checkMachine, describeProgram } from '../launch/describe-program.ts';
import { isForeign, openProgram, refuseForeign } from '../launch/program.ts';
import { listedPrograms, programNames } from '../launch/program-names.ts';
import { quoted } from '../launch/quoted.ts';
import { checkSolo5Layout } from '../launch/solo5-layout.ts';
import type { Architecture, Container, Hooks, Program, Tender, Unikernel } from '../plugin.ts';
import { isTapped } from './runtime/hooks.ts';
import type { Runtime } from './runtime/runtime.ts';

export interface Identified {
  readonly architecture: Architecture;
  readonly program: Program;
  readonly unikernel: Unikernel;
  readonly tender: Tender;
}

/**
 * Opens the program and asks the plugins. Of several that args[0] may mean it is the first that is there, whose tender is
 * allowed, and whose needs this machine meets. The caller closes `program.fd`.
 * @throws RunncError with the sentence for whoever built the image
 */
export async function identify(runtime: Runtime, container: Container, config: Config): Promise<Identified> {
  const architecture = await runtime.architecture();
  const [first = '', ...rest] = container.args;
  const { program, programs } = container.metadata;
  const listed = program === undefined && programs !== undefined ? listedPrograms(programs, config.tender) : undefined;
  const asked = listed?.[0] ?? program ?? first;
  const refusals: Refusal[] = [];
  for (const name of listed ?? programNames(asked, config.tender)) {
    try {
      return await identifyOne(runtime, { ...container, args: [name, ...rest] }, architecture, config);
    } catch (error) {
      if (!(error instanceof RunncError)) throw error;
      if (!passedOver.includes(error.code) && (name === asked || !passedOverBesides.includes(error.code))) throw error;
      refusals.push({ asked: name === asked, error });
    }
  }
  throw tell(refusals);
}

/** A program that is not there, or that nobody here starts, leaves the choice to the others. */
const passedOver: readonly ErrorCode[] = ['ERR_NO_PROGRAM', 'ERR_NO_TENDER'];
/** And a file that merely has such a name as a tender's program would. */
const passedOverBesides: readonly ErrorCode[] = ['ERR_ARCHITECTURE', 'ERR_ELF', 'ERR_MANIFEST', 'ERR_NOT_A_UNIKERNEL'];

interface Refusal {
  /** Whether it is the program of just the name that the image gives. */
  readonly asked: boolean;
  readonly error: RunncError;
}

/** One error of all: what is said of programs that are there; else that the one which was asked for is nowhere. */
function tell(refusals: readonly Refusal[]): RunncError {
  const there = refusals.filter(({ error }) => error.code !== 'ERR_NO_PROGRAM');
  const [first, ...others] = there.length > 0 ? there : refusals.filter(({ asked }) => asked);
  if (first === undefined) throw new RunncError('ERR_NO_PROGRAM', 'the container has no program to start');
  const { code, hint } = first.error;
  if (others.length === 0) return first.error;
  const message = [first, ...others].map(({ error }) => error.message).join('; and ');
  return new RunncError(code, message, { cause: first.error, ...(hint === undefined ? {} : { hint }) });
}

async function identifyOne(
  runtime: Runtime,
  container: Container,
  architecture: Architecture,
  config: Config,
): Promise<Identified> {
  const program = await openProgram(container);
  try {
    return { architecture, program, ...(await ask(runtime, container, program, architecture, config)) };
  } catch (error) {
    closeSync(program.fd);
    throw error;
  }
}

/** Asks the plugins about a program that is open already. */
export async function ask(
  { hooks }: Runtime,
  container: Container,
  program: Program,
  architecture: Architecture,
  { tender: { allowed } }: Pick<Config, 'tender'>,
): Promise<Pick<Identified, 'unikernel' | 'tender'>> {
  const { elf, solo5, path } = program;
  if (!isForeign(program)) checkMachine(elf, solo5, architecture.elfMachine, path);
  const unikernel = await hooks.unikernel.promise(program, container);
  if (!unikernel) refuseForeign(program);
  const { unikernel: chosen, tender: meantFor } = container.metadata;
  if (chosen && chosen.by !== 'operator' && unikernel?.name !== chosen.name) {
    throw new RunncError(
      'ERR_METADATA',
      `${path} is said to be a unikernel of the kind ${quoted(chosen.name)}, ${unikernel ? `and the plugin that answered makes it ${unikernel.name}` : 'which no plugin that is loaded makes of it'}`,
      {
        hint: 'known kinds are rumprun, mirage, includeos, solo5 and those of plugins that are loaded',
      },
    );
  }
  if (!unikernel) {
    throw new RunncError('ERR_NOT_A_UNIKERNEL', `${path} is ${describeProgram(elf, solo5)}, not a unikernel that runnc knows`, {
      hint: 'run ordinary images with the default runtime, and build unikernels for Solo5 spt or hvt',
    });
  }
  if (solo5.abi) checkSolo5Layout(elf, path);
  checkCommandLine(unikernel.commandLine);
  const kind = isForeign(program) ? `a ${unikernel.name} program` : describeProgram(elf, solo5);
  const tender = await hooks.tender.promise(program, unikernel, architecture);
  if (!tender) {
    throw new RunncError('ERR_NO_TENDER', `${path} is ${kind}, and no tender that is loaded starts ${unikernel.abi} programs`, {
      hint: `build it for ${allowed?.join(' or ') ?? 'spt'}, or add a plugin that starts it to plugins in runnc.config`,
    });
  }
  if (meantFor !== undefined && tender.name !== meantFor) {
    throw new RunncError('ERR_NO_TENDER', `the image says that ${path} is for ${quoted(meantFor)}, and it is ${kind}`, {
      hint: `correct the image, or leave the choice to runnc`,
    });
  }
  if (allowed && !allowed.includes(tender.name)) {
    throw new RunncError('ERR_NO_TENDER', `${path} needs the tender ${tender.name}, which runnc.config does not allow`, {
      hint: `build it for ${allowed.join(' or ')}, or add ${tender.name} to tender.allowed`,
    });
  }
  return { unikernel: withPossibleDevices(hooks, unikernel, path), tender };
}

/** A device that no plugin can provide is left out if the guest can do without it. */
function withPossibleDevices(hooks: Hooks, unikernel: Unikernel, path: string): Unikernel {
  const devices = unikernel.devices.filter(({ kind, name, optional }) => {
    if (isTapped(kind === 'net' ? hooks.network : hooks.rootfs)) return true;
    if (optional) return false;
    throw new RunncError(
      'ERR_DEVICE',
      `${path} declares the ${kind === 'net' ? 'network' : 'block'} device ${name}, and no plugin that is loaded provides ${kind === 'net' ? 'network' : 'block'} devices`,
    );
  });
  return devices.length === unikernel.devices.length ? unikernel : { ...unikernel, devices };
}
